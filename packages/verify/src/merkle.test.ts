import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";
import {
  coverOf,
  emptyRoot,
  Frontier,
  type Hash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from "./merkle.ts";
import { sha256 } from "./sha256.ts";

const hex = (hash: Hash) => Buffer.from(hash).toString("hex");

// github.com/google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc.
const inputs = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((text) => Buffer.from(text, "hex"));
const roots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
// github.com/transparency-dev/merkle, testdata/inclusion/1 to 4 and testdata/consistency/1 to 3.
const inclusions: [number, number, string, string, string[]][] = [
  [
    0,
    8,
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
    "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
    [
      "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
      "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
      "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
    ],
  ],
  [
    5,
    8,
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
    "QnGia+DYqE8L1UyMMC58s6O10fpngKQLzOKHNHfatlg=",
    [
      "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
      "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
      "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
    ],
  ],
  [
    2,
    3,
    "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=",
    "ApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c=",
    ["+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU="],
  ],
  [
    1,
    5,
    "Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=",
    "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
    [
      "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
      "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
      "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
    ],
  ],
];
const consistencies: [number, number, string, string, string[]][] = [
  [
    1,
    8,
    "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
    [
      "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
      "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
      "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
    ],
  ],
  [
    6,
    8,
    "duZ9rbzfHhDht03cYIq9L5jfsW+851J3tSMqEn8gh+8=",
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
    [
      "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
      "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
      "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
    ],
  ],
  [
    2,
    5,
    "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=",
    "Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=",
    [
      "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
      "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
    ],
  ],
];

const leaves = inputs.map((input) => sha256(Uint8Array.of(0, ...input)));

function frontierOf(hashes: Hash[]): Frontier {
  const tree = new Frontier();
  for (const hash of hashes) tree.append(hash);
  return tree;
}

/** Every way to be wrong by one bit, one hash too many, one too few. */
function* spoilt(proof: Hash[]): Generator<Hash[]> {
  for (const [at, hash] of proof.entries()) {
    yield proof.with(at, hash.with(3, (hash[3] ?? 0) ^ 4));
    yield proof.toSpliced(at, 1);
    yield proof.toSpliced(at, 0, new Uint8Array(32));
  }
  yield [...proof, new Uint8Array(32)];
}

describe("the tree (RFC 6962)", () => {
  test("has the published roots", () => {
    expect(hex(emptyRoot)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (const [at, root] of roots.entries()) {
      expect(hex(frontierOf(leaves.slice(0, at + 1)).root())).toBe(root);
    }
    expect(new Frontier().root()).toEqual(emptyRoot);
  });

  test("is the same from subtrees as from leaves, and tells each subtree once", () => {
    const hashes = Array.from({ length: 300 }, (_, at) =>
      sha256(Uint8Array.of(at % 256, at / 256)),
    );
    const subtrees = new Map<string, Hash>(hashes.map((hash, at) => [`0 ${at}`, hash]));
    const tree = new Frontier(({ level, index }, hash) => {
      expect(subtrees.has(`${level} ${index}`)).toBe(false);
      subtrees.set(`${level} ${index}`, hash);
    });
    for (const [at, hash] of hashes.entries()) {
      tree.append(hash);
      const cover = coverOf(0, at + 1).map(({ level, index }) => subtrees.get(`${level} ${index}`));
      expect(rootOf(cover.filter((known) => known !== undefined))).toEqual(tree.root());
    }
    expect(coverOf(3, 12)).toEqual([
      { level: 0, index: 3 },
      { level: 2, index: 1 },
      { level: 2, index: 2 },
    ]);
    const [left, right] = [subtrees.get("3 0"), subtrees.get("3 1")];
    expect(left && right && nodeHash(left, right)).toEqual(subtrees.get("4 0"));
  });
});

describe("an inclusion proof", () => {
  test.each(inclusions)("is accepted as published: %i of %i", (index, size, root, leaf, texts) => {
    const proof = texts.map(fromBase64);
    const verify = (hashes: Hash[], i = index, s = size) =>
      verifyInclusion(fromBase64(leaf), i, s, hashes, fromBase64(root));
    expect(verify(proof)).toBe(true);
    for (const wrong of spoilt(proof)) expect(verify(wrong)).toBe(false);
    for (const i of [-1, index + 1, index ^ 2, size]) expect(verify(proof, i)).toBe(false);
    for (const s of [0, size * 2, Math.floor(size / 2)])
      expect(verify(proof, index, s)).toBe(false);
  });
});

describe("a consistency proof", () => {
  test.each(consistencies)("is accepted as published: %i to %i", (from, to, old, root, texts) => {
    const proof = texts.map(fromBase64);
    const verify = (hashes: Hash[], f = from, t = to, o = old, n = root) =>
      verifyConsistency(f, t, hashes, fromBase64(o), fromBase64(n));
    expect(verify(proof)).toBe(true);
    for (const wrong of spoilt(proof)) expect(verify(wrong)).toBe(false);
    expect(verify(proof, from, to, root, old)).toBe(false);
    expect(verify(proof, to, from)).toBe(false);
    expect(verify(proof, from, from)).toBe(false);
    expect(verify(proof, 0)).toBe(false);
    expect(verify(proof, from + 1)).toBe(false);
  });

  test("of a tree with itself, or with the empty one, has nothing in it", () => {
    const [root = emptyRoot] = roots.map((text) => Buffer.from(text, "hex"));
    expect(verifyConsistency(1, 1, [], root, root)).toBe(true);
    expect(verifyConsistency(1, 1, [], root, emptyRoot)).toBe(false);
    expect(verifyConsistency(0, 1, [], emptyRoot, root)).toBe(true);
    expect(verifyConsistency(0, 1, [root], emptyRoot, root)).toBe(false);
    expect(verifyConsistency(0, 1, [], root, root)).toBe(false);
  });
});

test("base 64 is read in its canonical form only", () => {
  expect(toBase64(fromBase64("AQI="))).toBe("AQI=");
  for (const text of ["AQI", "AQJ=", "AQ I=", "AQI=\n", "-_8=", "=", "A==="]) {
    expect(() => fromBase64(text)).toThrow();
  }
});

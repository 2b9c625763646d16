import type { Query } from "@muniment/db/statements.ts";
import {
  Frontier,
  type Hash,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from "@muniment/verify/merkle.ts";
import { beforeAll, expect, test } from "vitest";
import { consistencyProof, frontierAt, inclusionProof, rootAt, tileHeight } from "./tree.ts";

/** More than a tile of tiles, and neither a whole number of them nor of entries. */
const entries = 2 ** (2 * tileHeight) + 2 ** tileHeight + 77;
/** Hashes by level of tiles, as the database keeps them. */
const levels: Hash[][] = [[], [], []];
const roots = new Map<number, Hash>();
const sizes = [1, 2, 3, 255, 256, 257, 600, 65_535, 65_536, 65_537, 65_800, entries];
let asked: string[][] = [];

beforeAll(() => {
  const tree = new Frontier(({ level }, hash) => {
    if (level % tileHeight === 0) levels[level / tileHeight]?.push(hash);
  });
  for (let at = 0; at < entries; at += 1) {
    const hash = leafHash(`entry ${at}`);
    levels[0]?.push(hash);
    tree.append(hash);
    if (sizes.includes(tree.size)) roots.set(tree.size, tree.root());
  }
});

const numbersIn = (array: unknown) => String(array).slice(1, -1).split(",").map(Number);

/** Answers the one statement that the tree is read with. */
const sql: Query = async (_, ...values) => {
  asked.push(values.map(String));
  const [places = [], firsts = [], counts = []] = values.map(numbersIn);
  return places.map((level, at) => {
    const [first = 0, count = 0] = [firsts[at], counts[at]];
    return { hashes: Buffer.concat(levels[level]?.slice(first, first + count) ?? []) };
  });
};

const rootOf = (size: number): Hash => {
  const root = roots.get(size);
  if (!root) throw new Error(`no root of ${size} entries is known`);
  return root;
};

test("a proof of an entry verifies wherever it stands, and is read by one statement, a run for each tile", async () => {
  for (const size of sizes) {
    const around = sizes.flatMap((one) => [one - 2, one - 1, one]);
    for (const index of around.filter((one) => one >= 0 && one < size)) {
      asked = [];
      const { leaf, hashes } = await inclusionProof(sql, index, size);
      expect(leaf).toEqual(leafHash(`entry ${index}`));
      expect(verifyInclusion(leaf, index, size, hashes, rootOf(size))).toBe(true);
      expect(asked).toHaveLength(1);
      // One on the way up from the entry at each level, and where the tree ends one beside it.
      expect(numbersIn(asked[0]?.[0]).length).toBeLessThanOrEqual(2 * levels.length);
    }
  }
});

test("roots, frontiers and proofs of consistency are those of the tree at every size", async () => {
  for (const size of sizes) {
    expect(await rootAt(sql, size)).toEqual(rootOf(size));
    expect((await frontierAt(sql, size, () => {})).root()).toEqual(rootOf(size));
    for (const from of sizes.filter((one) => one <= size)) {
      const proof = await consistencyProof(sql, from, size);
      expect(verifyConsistency(from, size, proof, rootOf(from), rootOf(size))).toBe(true);
    }
  }
});

test("a tree that lacks a hash in the middle of a tile gives no proof over it", async () => {
  const lacking: Query = async (strings, ...values) =>
    [...(await sql(strings, ...values))].map(({ hashes }) => ({ hashes: hashes.subarray(32) }));
  await expect(inclusionProof(lacking, 3, 600)).rejects.toThrow("the tree lacks hashes");
});

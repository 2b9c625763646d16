import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { expect, test } from "vitest";
import { toBase64 } from "./base64.ts";
import { formatCheckpoint } from "./checkpoint.ts";
import { type Evidence, type EvidenceEntry, evidenceFormat, verifyEvidence } from "./evidence.ts";
import { commitment, leafText } from "./leaf.ts";
import { Frontier, leafHash } from "./merkle.ts";
import { formatSignature, formatVerifierKey, verifierKey } from "./signed-note.ts";

const origin = "log.example.org/audit";
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const raw = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
const key = verifierKey(origin, raw);

const signed = (text: string, by: KeyObject) =>
  `${text}\n${formatSignature(key, sign(null, Buffer.from(text), by))}`;

/** What was sealed: the label holds the replacement character, the details a number. */
const actor = { salt: "c2FsdHNhbHRzYWx0c2FsdA==", label: "someone@example.org" };
const leafOf = (personal = toBase64(commitment(actor))) =>
  leafText({
    v: 1,
    id: "01a1feae-672b-77b6-a0e9-b21609b1ac4c",
    at: "2026-01-02T03:04:05.678Z",
    actor: { kind: "user", id: "u", personal },
    action: "agent.updated",
    target: null,
    outcome: "success",
    requestId: null,
    details: { fields: ["\ufffd"], count: 1 },
  });

function bundle(leaves: string[] = [leafOf(), leafOf(), leafOf()]): Evidence {
  const tree = new Frontier();
  const entries = leaves.map((leaf): EvidenceEntry => {
    tree.append(leafHash(leaf));
    return { leaf, hash: toBase64(leafHash(leaf)), actor, target: null };
  });
  const text = formatCheckpoint({ origin, size: tree.size, root: tree.root() });
  return {
    format: evidenceFormat,
    keys: [formatVerifierKey(key)],
    checkpoint: signed(text, privateKey),
    ranges: [{ from: 0, entries, left: [], right: [] }],
  };
}

async function spoilt(change: (entry: EvidenceEntry) => void) {
  const evidence = bundle();
  const entry = evidence.ranges[0]?.entries[1];
  if (!entry) throw new Error("no entry");
  change(entry);
  return verifyEvidence(evidence);
}

const wrongAt = (index: number, why: RegExp) => ({
  ok: false,
  index,
  reason: expect.stringMatching(why),
});

test("evidence that nobody touched verifies", async () => {
  expect(await verifyEvidence(bundle())).toMatchObject({ ok: true, entries: 3 });
});

test.each<[string, (leaf: string) => string]>([
  ["white space", (leaf) => leaf.replace(",", ", ")],
  ["a line feed behind it", (leaf) => `${leaf}\n`],
  ["bytes behind it", (leaf) => `${leaf}\0`],
  ["a byte before it", (leaf) => `\0${leaf}`],
  ["a byte order mark", (leaf) => `\ufeff${leaf}`],
  ["a key twice", (leaf) => leaf.replace('"v":1', '"v":1,"v":1')],
  ["another order of keys", (leaf) => leaf.replace(',"v":1}', "}").replace("{", '{"v":1,')],
  ["a letter as an escape", (leaf) => leaf.replace("success", "\\u0073uccess")],
  ["a number in another spelling", (leaf) => leaf.replace('"count":1', '"count":1.0')],
  ["a number with an exponent", (leaf) => leaf.replace('"count":1', '"count":1e0')],
  ["a lone surrogate where it has the replacement character", (l) => l.replace("\ufffd", "\ud800")],
])("a leaf with %s was changed", async (_, change) => {
  expect(
    await spoilt((entry) => {
      const before = entry.leaf;
      entry.leaf = change(before);
      expect(entry.leaf).not.toBe(before);
      entry.actor = null;
    }),
  ).toEqual(wrongAt(1, /^the entry was changed/));
});

test.each<[string, (hash: string) => string]>([
  ["without padding", (hash) => hash.slice(0, -1)],
  ["with a line feed", (hash) => `${hash}\n`],
  ["that is empty", () => ""],
  ["of another leaf", () => toBase64(leafHash("else"))],
  [
    "in another spelling of the same bytes",
    (hash) => {
      const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
      return `${hash.slice(0, 42)}${last[last.indexOf(hash[42] ?? "") + 1]}=`;
    },
  ],
])("a hash %s is not the one that was sealed", async (_, change) => {
  expect(
    await spoilt((entry) => {
      entry.hash = change(entry.hash);
    }),
  ).toEqual(wrongAt(1, /its hash is not the one that was sealed/));
});

test.each<[string, unknown]>([
  ["a field more", { ...actor, note: "" }],
  ["a field that is null", { ...actor, address: null }],
  ["a list for a name", { ...actor, label: [actor.label] }],
  ["another salt", { ...actor, salt: "" }],
  ["nothing in it", {}],
])("personal data with %s was changed", async (_, data) => {
  expect(
    await spoilt((entry) => {
      entry.actor = data as EvidenceEntry["actor"];
    }),
  ).toEqual(wrongAt(1, /the actor's personal data was changed/));
});

test("personal data is no answer to a commitment that is none", async () => {
  const leaves = [leafOf(), leafOf("")];
  expect(await verifyEvidence(bundle(leaves))).toEqual(wrongAt(1, /personal data was changed/));
  const other = toBase64(commitment(actor)).replace(/=$/, "");
  expect(await verifyEvidence(bundle([leafOf(other)]))).toEqual(
    wrongAt(0, /personal data was changed/),
  );
});

test.each<[string, unknown]>([
  ["a number", 5],
  ["nothing", undefined],
  ["a list", [leafOf()]],
])("%s is no leaf", async (_, leaf) => {
  expect(
    await spoilt((entry) => {
      entry.leaf = leaf as string;
    }),
  ).toEqual(wrongAt(1, /the entry (cannot be read|was changed)/));
});

test("hashes beside a range are as many as its place needs, and the right ones", async () => {
  const of = (change: (range: Evidence["ranges"][number]) => void) => {
    const evidence = bundle();
    const [range] = evidence.ranges;
    if (!range) throw new Error("no range");
    range.right = [range.entries.pop()?.hash ?? ""];
    change(range);
    return verifyEvidence(evidence);
  };
  expect(await of(() => {})).toMatchObject({ ok: true, entries: 2 });
  const leads = wrongAt(0, /the proof does not lead to the signed root/);
  expect(await of((range) => range.right.pop())).toEqual(leads);
  expect(await of((range) => range.right.push(range.right[0] ?? ""))).toEqual(leads);
  expect(await of((range) => range.left.push(range.right[0] ?? ""))).toEqual(leads);
  expect(await of((range) => range.right.fill("?"))).toEqual(leads);
});

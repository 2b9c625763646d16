import type { Query } from "@muniment/db/statements.ts";
import { leafHash, verifyConsistency, verifyInclusion } from "@muniment/verify/merkle.ts";
import { expect, test } from "vitest";
import { logOf } from "./tree.fixture.ts";
import { consistencyProof, frontierAt, inclusionProof, rootAt, tileHeight } from "./tree.ts";

/** More than a tile of tiles, and neither a whole number of them nor of entries. */
const entries = 2 ** (2 * tileHeight) + 2 ** tileHeight + 77;
const levels = 3;
const sizes = [1, 2, 3, 255, 256, 257, 600, 65_535, 65_536, 65_537, 65_800, entries];
const { sql, asked, rootOf } = logOf(entries, sizes);

test("a proof of an entry verifies wherever it stands, and is read by one statement, a run for each tile", async () => {
  for (const size of sizes) {
    const around = sizes.flatMap((one) => [one - 2, one - 1, one]);
    for (const index of around.filter((one) => one >= 0 && one < size)) {
      asked.length = 0;
      const { leaf, hashes } = await inclusionProof(sql, index, size);
      expect(leaf).toEqual(leafHash(`${index}`));
      expect(verifyInclusion(leaf, index, size, hashes, rootOf(size))).toBe(true);
      expect(asked).toHaveLength(1);
      // One on the way up from the entry at each level, and where the tree ends one beside it.
      expect(asked[0]?.length).toBeLessThanOrEqual(2 * levels);
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

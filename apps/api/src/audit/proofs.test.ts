import type { Query } from "@muniment/db/statements.ts";
import { leafHash, verifyInclusion } from "@muniment/verify/merkle.ts";
import { beforeEach, expect, test } from "vitest";
import { createInclusionProofs } from "./proofs.ts";
import { logOf } from "./tree.fixture.ts";

/** Of more tiles than are kept, the last of them with few entries. */
const sizes = [300, 301, 600, 65_536, 70_001];
const log = logOf(70_001, sizes);
const checkpointOf = (size: number) => ({ size, root: log.rootOf(size) });

async function holds(prove: ReturnType<typeof createInclusionProofs>, index: number, size: number) {
  const { leaf, hashes } = await prove(index, checkpointOf(size));
  expect(leaf).toEqual(leafHash(`${index}`));
  return verifyInclusion(leaf, index, size, hashes, log.rootOf(size));
}

beforeEach(() => {
  log.asked.length = 0;
});

test("proofs hold in any order of entries and sizes, whichever tiles are kept by then", async () => {
  const prove = createInclusionProofs(log.sql);
  for (const size of [600, 300, 301, 70_001, 65_536, 300, 600, 70_001]) {
    for (const part of [0, 0.1, 0.5, 0.9, 1]) {
      expect(await holds(prove, Math.floor(part * (size - 1)), size)).toBe(true);
    }
  }
});

test("of a second entry only the tile is read that it lies in, and for its neighbour nothing", async () => {
  const prove = createInclusionProofs(log.sql);
  await holds(prove, 1000, 70_001);
  await holds(prove, 50_000, 70_001);
  await holds(prove, 50_001, 70_001);
  expect(log.asked.map((runs) => runs.length)).toEqual([4, 1]);
  expect(log.asked[1]).toMatchObject([{ level: 0, first: 49_920, count: 256 }]);
});

test("no more tiles are kept than fit, those that were used last", async () => {
  const prove = createInclusionProofs(log.sql);
  for (let tile = 0; tile < 270; tile += 1) await holds(prove, tile * 256, 70_001);
  log.asked.length = 0;
  await holds(prove, 269 * 256, 70_001);
  await holds(prove, 0, 70_001);
  expect(log.asked.flat().map(({ level, first }) => [level, first])).toEqual([[0, 0]]);
});

test("where the database has another log by now, its tiles are believed and not those that were kept", async () => {
  const other = logOf(600, [600], (at) => `other ${at}`);
  let read: Query = log.sql;
  const prove = createInclusionProofs((strings, ...values) => read(strings, ...values));
  expect(await holds(prove, 3, 600)).toBe(true);
  read = other.sql;
  for (const index of [3, 4, 599]) {
    const root = other.rootOf(600);
    const { leaf, hashes } = await prove(index, { size: 600, root });
    expect(leaf).toEqual(leafHash(`other ${index}`));
    expect(verifyInclusion(leaf, index, 600, hashes, root)).toBe(true);
  }
});

import type { Query } from "@muniment/db/statements.ts";
import {
  coverOf,
  Frontier,
  type Hash,
  hashLength,
  nodeHash,
  type Place,
  rootOf,
} from "@muniment/verify/merkle.ts";

/** Levels of the tree that one level of tiles spans. */
export const tileHeight = 8;

type Range = readonly [from: number, to: number];

/** Thrown where the stored tree lacks something that a log of its size must have. */
export class TreeIncomplete extends Error {}

function fold(hashes: Hash[]): Hash {
  let level = hashes;
  while (level.length > 1) {
    const above: Hash[] = [];
    for (let at = 0; at + 1 < level.length; at += 2)
      above.push(nodeHash(level[at] as Hash, level[at + 1] as Hash));
    level = above;
  }
  const [root] = level;
  if (!root) throw new TreeIncomplete("the tree has no hash where it must have one");
  return root;
}

/** Splits what the database put together. */
function hashesIn(bytes: Uint8Array): Hash[] {
  const all = new Uint8Array(bytes);
  return Array.from({ length: all.length / hashLength }, (_, at) =>
    all.subarray(at * hashLength, (at + 1) * hashLength),
  );
}

/** Hashes of one level of tiles: `count` of them, from `first` on. */
type Run = { level: number; first: number; count: number };

const array = (values: number[]) => `{${values.join(",")}}`;

/** Reads runs of hashes. @throws TreeIncomplete where one is not all there */
export async function readHashes(sql: Query, places: Run[]): Promise<Hash[][]> {
  if (places.length === 0) return [];
  const rows = await sql`
    select case when level = 0
      then (select string_agg(hash, ''::bytea order by index) from audit_leaves
        where index >= first and index < first + count)
      else (select string_agg(hash, ''::bytea order by index) from audit_subtrees s
        where s.level = place.level and index >= first and index < first + count)
      end as hashes
    from unnest(
      ${array(places.map(({ level }) => level))}::text::smallint[],
      ${array(places.map(({ first }) => first))}::text::bigint[],
      ${array(places.map(({ count }) => count))}::text::bigint[]
    ) with ordinality as place (level, first, count, n)
    order by n`;
  return places.map(({ level, first, count }, at) => {
    const hashes = hashesIn(rows[at]?.hashes ?? new Uint8Array());
    if (hashes.length === count) return hashes;
    const span = 2 ** (level * tileHeight);
    throw new TreeIncomplete(
      `the tree lacks hashes of the entries ${first * span} to ${(first + count) * span - 1}`,
    );
  });
}

const tileOf = ({ level, first }: Run) => `${level} ${Math.floor(first / 2 ** tileHeight)}`;

/**
 * Hashes of complete subtrees, each made of at most 128 hashes of a tile. What lies in one tile is read
 * as one run: to find each part by itself costs more than the few hashes between them.
 */
async function readNodes(sql: Query, places: Place[]): Promise<Hash[]> {
  const parts = places.map(({ level, index }): Run => {
    const count = 2 ** (level % tileHeight);
    return { level: Math.floor(level / tileHeight), first: index * count, count };
  });
  const runs = new Map<string, Run>();
  for (const part of parts) {
    const run = runs.get(tileOf(part)) ?? part;
    const first = Math.min(run.first, part.first);
    const end = Math.max(run.first + run.count, part.first + part.count);
    runs.set(tileOf(part), { level: part.level, first, count: end - first });
  }
  const asked = [...runs];
  const read = await readHashes(
    sql,
    asked.map(([, run]) => run),
  );
  const hashesOf = new Map(asked.map(([tile, { first }], at) => [tile, { first, all: read[at] }]));
  return parts.map((part) => {
    const { first, all } = hashesOf.get(tileOf(part)) ?? { first: 0, all: [] };
    return fold(all?.slice(part.first - first, part.first - first + part.count) ?? []);
  });
}

/** The hash of each range of leaves, each beginning where a subtree of its length may. */
async function readRanges(sql: Query, ranges: Range[]): Promise<Hash[]> {
  const covers = ranges.map(([from, to]) => coverOf(from, to));
  const nodes = await readNodes(sql, covers.flat());
  return covers.map((cover) => rootOf(nodes.splice(0, cover.length)));
}

export const rootAt = async (sql: Query, size: number): Promise<Hash> =>
  rootOf(await readNodes(sql, coverOf(0, size)));

/** The right edge of the tree at a size, ready to append to. */
export async function frontierAt(
  sql: Query,
  size: number,
  onSubtree: (place: Place, hash: Hash) => void,
): Promise<Frontier> {
  const cover = coverOf(0, size);
  const nodes = await readNodes(sql, cover);
  const tree = new Frontier(onSubtree);
  for (const [at, { level }] of cover.entries()) tree.append(nodes[at] as Hash, level);
  return tree;
}

/** The largest power of two below a length. */
const splitOf = (length: number) => 2 ** Math.ceil(Math.log2(length) - 1);

function inclusionRanges(index: number, from: number, to: number): Range[] {
  if (to - from === 1) return [];
  const middle = from + splitOf(to - from);
  return index < middle
    ? [...inclusionRanges(index, from, middle), [middle, to]]
    : [...inclusionRanges(index, middle, to), [from, middle]];
}

function consistencyRanges(size: number, from: number, to: number, whole: boolean): Range[] {
  if (size === to) return whole ? [] : [[from, to]];
  const middle = from + splitOf(to - from);
  return size <= middle
    ? [...consistencyRanges(size, from, middle, whole), [middle, to]]
    : [...consistencyRanges(size, middle, to, false), [from, middle]];
}

/** The hash of a leaf and its audit path in the tree of a size (RFC 6962, section 2.1.1). */
export async function inclusionProof(sql: Query, index: number, size: number) {
  const [leaf, ...hashes] = await readRanges(sql, [
    [index, index + 1],
    ...inclusionRanges(index, 0, size),
  ]);
  if (!leaf) throw new TreeIncomplete(`the tree lacks the leaf ${index}`);
  return { leaf, hashes };
}

/** Shows that the tree of `to` leaves begins with that of `from` (RFC 6962, section 2.1.2). */
export async function consistencyProof(sql: Query, from: number, to: number): Promise<Hash[]> {
  return from === 0 ? [] : readRanges(sql, consistencyRanges(from, 0, to, true));
}

/** The subtrees to the left and to the right of a range of leaves, in the tree of a size. */
export async function readSides(sql: Query, from: number, to: number, size: number) {
  const [before, after] = [coverOf(0, from), coverOf(to, size)];
  const nodes = await readNodes(sql, [...before, ...after]);
  return { left: nodes.slice(0, before.length), right: nodes.slice(before.length) };
}

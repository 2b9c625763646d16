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
    level = level.flatMap((left, at) => {
      const right = level[at + 1];
      return at % 2 === 0 && right ? [nodeHash(left, right)] : [];
    });
  }
  const [root] = level;
  if (!root) throw new TreeIncomplete("the tree has no hash where it must have one");
  return root;
}

/** Splits what the database put together. */
const hashesIn = (bytes: Uint8Array): Hash[] =>
  Array.from(
    { length: bytes.length / hashLength },
    (_, at) => new Uint8Array(bytes.subarray(at * hashLength, (at + 1) * hashLength)),
  );

const array = (values: number[]) => `{${values.join(",")}}`;

/** Hashes of tiles: for each place `count` of them, from `first` on, at a level of tiles. */
export async function readHashes(
  sql: Query,
  places: { level: number; first: number; count: number }[],
): Promise<Hash[][]> {
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

/** Hashes of complete subtrees, each made of at most 128 hashes of a tile. */
async function readNodes(sql: Query, places: Place[]): Promise<Hash[]> {
  const parts = await readHashes(
    sql,
    places.map(({ level, index }) => {
      const count = 2 ** (level % tileHeight);
      return { level: Math.floor(level / tileHeight), first: index * count, count };
    }),
  );
  return parts.map(fold);
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

/** The audit path of a leaf in the tree of a size (RFC 6962, section 2.1.1). */
export const inclusionProof = (sql: Query, index: number, size: number): Promise<Hash[]> =>
  readRanges(sql, inclusionRanges(index, 0, size));

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

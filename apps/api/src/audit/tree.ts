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

/** The first hashes of a tile, one after another, and at each height above them those of all complete subtrees. */
export type Tile = Uint8Array[];

/** Tiles that were read already, by level and index. A complete subtree never changes while a log only grows. */
export type KeptTiles = {
  get(place: string): Tile | undefined;
  set(place: string, tile: Tile): void;
};

function hashAt(hashes: Uint8Array | undefined, at: number): Hash | undefined {
  const hash = hashes?.subarray(at * hashLength, (at + 1) * hashLength);
  return hash?.length === hashLength ? hash : undefined;
}

function tileOver(hashes: Uint8Array): Tile {
  const tile = [hashes];
  for (let below = hashes; below.length >= 2 * hashLength; ) {
    const above = new Uint8Array(Math.floor(below.length / (2 * hashLength)) * hashLength);
    for (let at = 0; at < above.length; at += hashLength) {
      const [left, right] = [2 * at, 2 * at + hashLength];
      above.set(
        nodeHash(below.subarray(left, right), below.subarray(right, right + hashLength)),
        at,
      );
    }
    tile.push(above);
    below = above;
  }
  return tile;
}

/** Hashes of one level of tiles: `count` of them, from `first` on. */
type Run = { level: number; first: number; count: number };

/** Reads runs of hashes, each put together. @throws TreeIncomplete where one is not all there */
export async function readHashes(sql: Query, places: Run[]): Promise<Uint8Array[]> {
  if (places.length === 0) return [];
  const rows = await sql`
    select case when level = 0
      then (select string_agg(hash, ''::bytea order by index) from audit_leaves
        where index >= first and index < first + count)
      else (select string_agg(hash, ''::bytea order by index) from audit_subtrees s
        where s.level = place.level and index >= first and index < first + count)
      end as hashes
    from json_to_recordset(${JSON.stringify(places.map((place, n) => ({ ...place, n })))}::text::json)
      as place (level smallint, first bigint, count bigint, n int)
    order by n`;
  return places.map(({ level, first, count }, at) => {
    const hashes = new Uint8Array(rows[at]?.hashes ?? 0);
    if (hashes.length === count * hashLength) return hashes;
    const span = 2 ** (level * tileHeight);
    throw new TreeIncomplete(
      `the tree lacks hashes of the entries ${first * span} to ${(first + count) * span - 1}`,
    );
  });
}

/** Where in the tiles the hash of a complete subtree is, or what it is made of. */
function partOf({ level, index }: Place) {
  const height = level % tileHeight;
  const inTile = 2 ** (tileHeight - height);
  const at = index % inTile;
  const tile = { level: Math.floor(level / tileHeight), index: Math.floor(index / inTile) };
  return { tile, place: `${tile.level} ${tile.index}`, height, at, needed: (at + 1) * 2 ** height };
}

/**
 * Hashes of complete subtrees. What is needed of a tile is read as one run from its beginning: to find
 * each part by itself costs more than the hashes before and between them.
 */
async function readNodes(sql: Query, places: Place[], kept?: KeptTiles): Promise<Hash[]> {
  const parts = places.map(partOf);
  const tiles = new Map<string, Tile>();
  const runs = new Map<string, Run>();
  for (const { tile, place, height, at, needed } of parts) {
    const known = kept?.get(place);
    if (known && hashAt(known[height], at)) {
      tiles.set(place, known);
      continue;
    }
    const count = Math.max(needed, runs.get(place)?.count ?? 0);
    runs.set(place, { level: tile.level, first: tile.index * 2 ** tileHeight, count });
  }
  const read = await readHashes(sql, [...runs.values()]);
  for (const [at, place] of [...runs.keys()].entries()) {
    const tile = tileOver(read[at] ?? new Uint8Array());
    kept?.set(place, tile);
    tiles.set(place, tile);
  }
  return parts.map(({ place, height, at }) => {
    const hash = hashAt(tiles.get(place)?.[height], at);
    if (!hash) throw new TreeIncomplete("the tree has no hash where it must have one");
    return hash;
  });
}

/** The hash of each range of leaves, each beginning where a subtree of its length may. */
async function readRanges(sql: Query, ranges: Range[], kept?: KeptTiles): Promise<Hash[]> {
  const covers = ranges.map(([from, to]) => coverOf(from, to));
  const nodes = await readNodes(sql, covers.flat(), kept);
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
export async function inclusionProof(sql: Query, index: number, size: number, kept?: KeptTiles) {
  const ranges: Range[] = [[index, index + 1], ...inclusionRanges(index, 0, size)];
  const [leaf, ...hashes] = await readRanges(sql, ranges, kept);
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

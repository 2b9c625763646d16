import { sameBytes } from "./base64.ts";
import { sha256, sha256OfText } from "./sha256.ts";

/** The Merkle tree of RFC 6962, section 2.1, over SHA-256. */
export type Hash = Uint8Array;

export const hashLength = 32;
export const emptyRoot: Hash = sha256(new Uint8Array(0));

const nodeBuffer = new Uint8Array(1 + 2 * hashLength);
nodeBuffer[0] = 1;

/** The hash of a leaf whose bytes are the UTF-8 of a text. */
export const leafHash = (text: string): Hash => sha256OfText(`\0${text}`);

/** The hash of a node above two. */
export function nodeHash(left: Hash, right: Hash): Hash {
  nodeBuffer.set(left, 1);
  nodeBuffer.set(right, 1 + hashLength);
  return sha256(nodeBuffer);
}

/** A complete subtree: the leaves from `index * 2 ** level` to the next such. */
export type Place = { level: number; index: number };

/** The fewest complete subtrees that make up the leaves `from` to `to`, left to right. */
export function coverOf(from: number, to: number): Place[] {
  const places: Place[] = [];
  for (let at = from; at < to; ) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level += 1;
    places.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return places;
}

/** The root of a tree from the hashes of the subtrees of `coverOf(0, size)`. */
export function rootOf(cover: readonly Hash[]): Hash {
  return (
    cover.reduceRight<Hash | undefined>(
      (right, left) => (right ? nodeHash(left, right) : left),
      undefined,
    ) ?? emptyRoot
  );
}

/** A tree that only its right edge is kept of: appends, and tells the root. */
export class Frontier {
  readonly #edge: { level: number; hash: Hash }[] = [];
  #size = 0;
  readonly #onSubtree: ((place: Place, hash: Hash) => void) | undefined;

  /** @param onSubtree told each complete subtree above the leaves, once */
  constructor(onSubtree?: (place: Place, hash: Hash) => void) {
    this.#onSubtree = onSubtree;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf, or a complete subtree where the size so far is a multiple of its. */
  append(hash: Hash, level = 0): void {
    if (this.#size % 2 ** level !== 0) throw new Error("the subtree does not begin here");
    this.#size += 2 ** level;
    let top = { level, hash };
    for (let last = this.#edge.at(-1); last?.level === top.level; last = this.#edge.at(-1)) {
      this.#edge.pop();
      top = { level: top.level + 1, hash: nodeHash(last.hash, top.hash) };
      this.#onSubtree?.({ level: top.level, index: this.#size / 2 ** top.level - 1 }, top.hash);
    }
    this.#edge.push(top);
  }

  root(): Hash {
    return rootOf(this.#edge.map(({ hash }) => hash));
  }
}

/** Whether a proof (RFC 6962, section 2.1.1) shows that a leaf stands at `index` of a tree. */
export function verifyInclusion(
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (index < 0 || index >= size) return false;
  let hash = leaf;
  let at = index;
  let last = size - 1;
  // RFC 9162, section 2.1.3.2, which gives the algorithm that the older one leaves open.
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(hash, root);
}

/** Whether a proof (RFC 6962, section 2.1.2) shows that the tree of `to` leaves begins with that of `from`. */
export function verifyConsistency(
  from: number,
  to: number,
  proof: readonly Hash[],
  oldRoot: Hash,
  newRoot: Hash,
): boolean {
  if (from < 0 || from > to) return false;
  if (from === to) return proof.length === 0 && sameBytes(oldRoot, newRoot);
  if (from === 0) return proof.length === 0 && sameBytes(oldRoot, emptyRoot);
  // RFC 9162, section 2.1.4.2.
  const isPower = Number.isInteger(Math.log2(from));
  const [first, ...rest] = isPower ? [oldRoot, ...proof] : proof;
  if (!first) return false;
  let at = from - 1;
  let last = to - 1;
  while (at % 2 === 1) {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  let old = first;
  let now = first;
  for (const hash of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = nodeHash(hash, old);
      now = nodeHash(hash, now);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      now = nodeHash(now, hash);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(old, oldRoot) && sameBytes(now, newRoot);
}

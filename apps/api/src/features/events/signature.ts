/** Bits at most. What would need more fills it, and leaves no chunk out. */
const mostBits = 2 ** 18;
const fewestBits = 64;
/** Bits that each term sets; of a text, each part sets one, since many parts must be there together. */
const bitsPerTerm = 4;

/** The finalizer of MurmurHash3 (public domain, Austin Appleby). */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A hash of a text (FNV-1a of 32 bits, over UTF-16 units); goes on from the hash of what stands before it. */
export function hashOf(text: string, before = 0x811c9dc5): number {
  let hash = before;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}

/** A hash of two: neither can be told from the other's text. */
export const hashOfBoth = (hash: number, tag: number): number => mix(hash ^ (tag << 24));

/** The places of a term by its hash, before they are taken modulo the bits there are. */
export function termPlaces(hash: number): number[] {
  const [first, step] = [mix(hash), mix(hash ^ 0x9e3779b9) | 1];
  return Array.from({ length: bitsPerTerm }, (_, n) => (first + Math.imul(step, n)) >>> 0);
}

const partLength = 4;

/**
 * The places of all runs of four ASCII characters in a text that is in lower case. Others break a run:
 * how PostgreSQL lowers them may differ, and no event may be left out for that.
 */
export function partPlaces(text: string, each: (place: number) => void): void {
  let run = 0;
  let part = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    run = code < 128 ? run + 1 : 0;
    part = (part << 8) | code;
    if (run >= partLength) each(mix(part));
  }
}

/** A Bloom filter that is as long as what it holds needs: half of its bits are set, or fewer. */
export class Signature {
  readonly #bits = new Uint32Array(mostBits / 32);
  #filled = false;

  add(place: number): void {
    const bit = place & (mostBits - 1);
    this.#filled = true;
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  /** Adds `termPlaces`. */
  addTerm(hash: number): void {
    const step = mix(hash ^ 0x9e3779b9) | 1;
    for (let n = 0, place = mix(hash); n < bitsPerTerm; n += 1, place += step) this.add(place);
  }

  /** Bit n of `get_bit` is place n modulo their number; null for nothing. Empties the filter. */
  take(): Uint8Array | null {
    if (!this.#filled) return null;
    let bits = this.#bits.slice();
    while (bits.length * 32 > fewestBits) {
      const folded = fold(bits);
      if (count(folded) * 2 > folded.length * 32) break;
      bits = folded;
    }
    this.#bits.fill(0);
    this.#filled = false;
    return new Uint8Array(bits.buffer, 0, bits.byteLength);
  }
}

/** Half as many bits, each at its place modulo their number. */
function fold(bits: Uint32Array): Uint32Array<ArrayBuffer> {
  const half = bits.length / 2;
  const folded = new Uint32Array(half);
  for (let at = 0; at < half; at += 1) folded[at] = (bits[at] ?? 0) | (bits[at + half] ?? 0);
  return folded;
}

function count(bits: Uint32Array): number {
  let sum = 0;
  for (const word of bits) {
    let left = word - ((word >>> 1) & 0x55555555);
    left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
    sum += Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return sum;
}

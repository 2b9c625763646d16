const hex = Buffer.from("0123456789abcdef");
const dash = 0x2d;
const quote = 0x22;
const backslash = 0x5c;
/** What JSON has a short escape for, by its byte; 0 for all else. */
const shortEscapes = new Uint8Array(128);
for (const pair of ['""', "\\\\", "\bb", "\ff", "\nn", "\rr", "\tt"]) {
  shortEscapes[pair.charCodeAt(0)] = pair.charCodeAt(1);
}
/** Where PostgreSQL's times begin, and a day, in milliseconds. */
const epoch = Date.UTC(2000, 0, 1);
const day = 86_400_000;
const mostDays = 1000;
/** The longest of what is neither a text nor JSON. */
const valueBytes = 64;
/** A byte of a text becomes at most as many of JSON. */
const mostEscaped = 6;

export const int32At = (bytes: Buffer, at: number): number =>
  ((bytes[at] ?? 0) << 24) |
  ((bytes[at + 1] ?? 0) << 16) |
  ((bytes[at + 2] ?? 0) << 8) |
  (bytes[at + 3] ?? 0);

export const int64At = (bytes: Buffer, at: number): number =>
  int32At(bytes, at) * 2 ** 32 + (int32At(bytes, at + 4) >>> 0);

/** Milliseconds since 1970 of a `timestamptz` in binary form. */
export const timeAt = (bytes: Buffer, at: number): number => int64At(bytes, at) / 1000 + epoch;

/** Bytes of lines that are written one value after another, from values in PostgreSQL's binary form. */
export class LineBuffer {
  readonly #size: number;
  #bytes: Buffer;
  #length = 0;
  /** The date of a time with its `T`, by the day. */
  readonly #dates = new Map<number, Buffer>();

  constructor(size: number) {
    this.#size = size;
    this.#bytes = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written since the last call; nobody writes there again. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafe(this.#size);
    this.#length = 0;
    return taken;
  }

  put(bytes: Uint8Array): void {
    this.#room(bytes.length);
    for (let at = 0; at < bytes.length; at += 1) this.#bytes[this.#length + at] = bytes[at] ?? 0;
    this.#length += bytes.length;
  }

  copy(from: Buffer, start: number, end: number): void {
    this.#room(end - start);
    this.#length += from.copy(this.#bytes, this.#length, start, end);
  }

  uuid(from: Buffer, start: number): void {
    this.#room(valueBytes);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = 0; at < 16; at += 1) {
      if (at === 4 || at === 6 || at === 8 || at === 10) bytes[length++] = dash;
      const value = from[start + at] ?? 0;
      bytes[length++] = hex[value >> 4] ?? 0;
      bytes[length++] = hex[value & 15] ?? 0;
    }
    this.#length = length;
  }

  /** As RFC 3339 in UTC with milliseconds. */
  time(from: Buffer, start: number): void {
    const at = timeAt(from, start);
    const days = Math.floor(at / day);
    this.put(this.#dateOf(days));
    const time = at - days * day;
    this.#digits(Math.floor(time / 3_600_000), 2, 0x3a);
    this.#digits(Math.floor(time / 60_000) % 60, 2, 0x3a);
    this.#digits(Math.floor(time / 1000) % 60, 2, 0x2e);
    this.#digits(time % 1000, 3, 0x5a);
  }

  integer(from: Buffer, start: number): void {
    const text = String(int64At(from, start));
    this.#room(valueBytes);
    this.#length += this.#bytes.write(text, this.#length, "latin1");
  }

  /** A text as a string of JSON, as PostgreSQL's `to_json` writes it. */
  json(from: Buffer, start: number, end: number): void {
    this.#room((end - start) * mostEscaped + 2);
    const bytes = this.#bytes;
    let length = this.#length;
    bytes[length++] = quote;
    for (let at = start; at < end; at += 1) {
      const byte = from[at] ?? 0;
      if (byte >= 0x20 && byte !== quote && byte !== backslash) {
        bytes[length++] = byte;
        continue;
      }
      bytes[length++] = backslash;
      const letter = shortEscapes[byte] ?? 0;
      if (letter > 0) {
        bytes[length++] = letter;
        continue;
      }
      length += bytes.write(`u${byte.toString(16).padStart(4, "0")}`, length, "latin1");
    }
    bytes[length++] = quote;
    this.#length = length;
  }

  /** A quoted cell of CSV (RFC 4180), with something put before what is in it. */
  cell(before: Uint8Array, from: Buffer, start: number, end: number): void {
    this.#room((end - start) * 2 + before.length + 2);
    this.#bytes[this.#length++] = quote;
    this.put(before);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = start; at < end; at += 1) {
      const byte = from[at] ?? 0;
      if (byte === quote) bytes[length++] = quote;
      bytes[length++] = byte;
    }
    bytes[length++] = quote;
    this.#length = length;
  }

  #dateOf(days: number): Buffer {
    const known = this.#dates.get(days);
    if (known) return known;
    if (this.#dates.size >= mostDays) this.#dates.clear();
    const date = Buffer.from(new Date(days * day).toISOString().slice(0, 11));
    this.#dates.set(days, date);
    return date;
  }

  #digits(value: number, count: number, end: number): void {
    this.#room(valueBytes);
    let rest = value;
    for (let at = count - 1; at >= 0; at -= 1) {
      this.#bytes[this.#length + at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.#bytes[this.#length + count] = end;
    this.#length += count + 1;
  }

  #room(needed: number): void {
    if (this.#length + needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + needed));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

const hex = Buffer.from("0123456789abcdef");
const dash = 0x2d;
const quote = 0x22;
const backslash = 0x5c;
const [zero, colon, point, zulu] = [0x30, 0x3a, 0x2e, 0x5a] as const;
/** What JSON has a short escape for, by its byte; 0 for all else. */
const shortEscapes = new Uint8Array(128);
for (const pair of ['""', "\\\\", "\bb", "\ff", "\nn", "\rr", "\tt"]) {
  shortEscapes[pair.charCodeAt(0)] = pair.charCodeAt(1);
}
/** Where PostgreSQL's times begin, and a day, in milliseconds. */
const epoch = Date.UTC(2000, 0, 1);
const day = 86_400_000;
const keptDays = 64;
const dateLength = "2000-01-01T".length;
const fewBytes = 256;
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

function twoDigits(bytes: Buffer, length: number, value: number, end: number): number {
  const tens = (value / 10) | 0;
  bytes[length] = zero + tens;
  bytes[length + 1] = zero + value - tens * 10;
  bytes[length + 2] = end;
  return length + 3;
}

/** Bytes of lines that are written one value after another, from values in PostgreSQL's binary form. */
export class LineBuffer {
  readonly #size: number;
  #bytes: Buffer;
  #length = 0;
  /** Days since 1970, and how each is written. */
  readonly #days = new Int32Array(keptDays);
  readonly #dates = Buffer.alloc(keptDays * dateLength);

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

  put(values: Uint8Array): void {
    const count = values.length;
    this.#room(count);
    const bytes = this.#bytes;
    const length = this.#length;
    for (let at = 0; at < count; at += 1) bytes[length + at] = values[at] ?? 0;
    this.#length = length + count;
  }

  copy(from: Buffer, start: number, end: number): void {
    this.#room(end - start);
    const bytes = this.#bytes;
    let length = this.#length;
    // To call what copies takes as long as to copy so much.
    if (end - start > fewBytes) length += from.copy(bytes, length, start, end);
    else for (let at = start; at < end; at += 1) bytes[length++] = from[at] ?? 0;
    this.#length = length;
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
    this.#room(valueBytes);
    const at = timeAt(from, start);
    const days = Math.floor(at / day);
    const date = (days % keptDays) * dateLength;
    if (this.#days[days % keptDays] !== days) {
      this.#days[days % keptDays] = days;
      const text = new Date(days * day).toISOString();
      this.#dates.write(text, date, dateLength, "latin1");
    }
    const [bytes, dates] = [this.#bytes, this.#dates];
    let length = this.#length;
    for (let place = 0; place < dateLength; place += 1) bytes[length++] = dates[date + place] ?? 0;
    const time = (at - days * day) | 0;
    const seconds = (time / 1000) | 0;
    const minutes = (seconds / 60) | 0;
    const hours = (minutes / 60) | 0;
    length = twoDigits(bytes, length, hours, colon);
    length = twoDigits(bytes, length, minutes - hours * 60, colon);
    length = twoDigits(bytes, length, seconds - minutes * 60, point);
    const milliseconds = time - seconds * 1000;
    const hundreds = (milliseconds / 100) | 0;
    bytes[length] = zero + hundreds;
    this.#length = twoDigits(bytes, length + 1, milliseconds - hundreds * 100, zulu);
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

  #room(needed: number): void {
    if (this.#length + needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + needed));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

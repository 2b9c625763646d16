/** A buffer that has grown beyond this is not kept for the next rows. */
const mostKeptBytes = 2 ** 21;
/** What any value but a text takes at most, its length included. */
const valueBytes = 40;
/** A call that copies takes longer than to copy so many bytes one by one. */
const mostOneByOne = 128;
/** In front of the elements of an array: dimensions, flags, their type, their count, the first index. */
const arrayHeaderBytes = 20;
/** Where PostgreSQL's times begin: 2000-01-01. */
const epoch = Date.UTC(2000, 0, 1);
const header = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");

/** Kinds of messages. */
const [copyData, copyDone] = [0x64, 0x63];
const [close, parse, bind, execute, sync] = [0x43, 0x50, 0x42, 0x45, 0x53];
const ofStatement = 0x53;
const [asText, asBinary] = [0, 1];

const hyphen = 0x2d;
const hexDigit = (code: number) => (code < 0x3a ? code - 0x30 : code - 0x57);

/**
 * Messages of the extended protocol: statements with their values, and the rows of those that are
 * `COPY ... FROM STDIN`. Values are in the binary form (PostgreSQL's manual, COPY, "Binary Format"), which
 * it reads at a third of the cost of texts. Each stands behind its length; undefined is null.
 */
export class CopyRows {
  readonly #firstBytes: number;
  #bytes: Buffer;
  #length = 0;

  constructor(firstBytes = 65_536) {
    this.#firstBytes = firstBytes;
    this.#bytes = Buffer.allocUnsafe(firstBytes);
  }

  clear(): void {
    if (this.#bytes.length > mostKeptBytes) this.#bytes = Buffer.allocUnsafe(this.#firstBytes);
    this.#length = 0;
  }

  /** Gives a statement a name on the connection, which another may have had. */
  prepare(name: string, statement: string): void {
    this.#message(close, () => {
      this.#room(1);
      this.#bytes[this.#length] = ofStatement;
      this.#length += 1;
      this.#name(name);
    });
    this.#parse(name, statement);
  }

  #parse(name: string, statement: string): void {
    this.#message(parse, () => {
      this.#name(name);
      this.#name(statement);
      this.#room(2);
      this.#int16(0);
    });
  }

  /** Runs a statement that has no values and needs no name. */
  executeText(statement: string): void {
    this.#parse("", statement);
    this.execute("", 0, () => {});
  }

  /** Runs a statement that has a name, with so many values, and has no use for its rows. */
  execute(name: string, values: number, write: (rows: CopyRows) => void, asTexts = false): void {
    this.#message(bind, () => {
      this.#name("");
      this.#name(name);
      this.#room(6);
      this.#int16(1);
      this.#int16(asTexts ? asText : asBinary);
      this.#int16(values);
      write(this);
      this.#room(4);
      this.#int16(1);
      this.#int16(asText);
    });
    this.#message(execute, () => {
      this.#name("");
      this.#room(4);
      this.#int32(0);
    });
  }

  /** Ends what PostgreSQL leaves out where a statement fails. */
  sync(): void {
    this.#message(sync, () => {});
  }

  /** Runs a `COPY ... FROM STDIN (FORMAT binary)` with its rows. */
  copy(statement: string, write: (rows: CopyRows) => void): void {
    this.executeText(statement);
    this.#message(copyData, () => {
      this.part(header, 0, header.length);
      write(this);
      this.#room(2);
      this.#int16(-1);
    });
    this.#message(copyDone, () => {});
  }

  get length(): number {
    return this.#length;
  }

  /** What was added since it was emptied; to be used before more is. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Copies what was added since it was emptied. */
  copyTo(target: Buffer): void {
    this.#bytes.copy(target, 0, 0, this.#length);
  }

  /** Kind, length, and what `write` adds (PostgreSQL's manual, "Message Formats"). */
  #message(kind: number, write: () => void): void {
    this.#room(5);
    this.#bytes[this.#length] = kind;
    const from = this.#length + 1;
    this.#length = from + 4;
    write();
    this.#bytes.writeInt32BE(this.#length - from, from);
  }

  /** A text that ends in zero. */
  #name(text: string): void {
    this.#room(text.length * 3 + 1);
    this.#length += this.#bytes.write(text, this.#length);
    this.#bytes[this.#length] = 0;
    this.#length += 1;
  }

  row(columns: number): void {
    this.#room(2);
    this.#int16(columns);
  }

  /** Rows or values that were written by another. */
  part(bytes: Buffer, from: number, to: number): void {
    this.#room(to - from);
    if (to - from > mostOneByOne) {
      this.#length += bytes.copy(this.#bytes, this.#length, from, to);
      return;
    }
    const target = this.#bytes;
    let length = this.#length;
    for (let at = from; at < to; at += 1) {
      target[length] = bytes[at] as number;
      length += 1;
    }
    this.#length = length;
  }

  /** What others hold from there to there. */
  partOf(others: CopyRows, from: number, to: number): void {
    this.part(others.#bytes, from, to);
  }

  uuid(id: string): void {
    this.#begin(16);
    const bytes = this.#bytes;
    let length = this.#length;
    // Read as bytes: the engine looks "charCodeAt" up anew for each character where it has met strings of
    // many kinds. The text is longer than what is made of it, so one does not run into the other.
    let at = length;
    const end = at + bytes.write(id, at, "latin1");
    while (at < end) {
      if (bytes[at] === hyphen) at += 1;
      bytes[length] = (hexDigit(bytes[at] ?? 0) << 4) | hexDigit(bytes[at + 1] ?? 0);
      length += 1;
      at += 2;
    }
    this.#length = length;
  }

  /** An array of a type of PostgreSQL's, of so many elements that `write` adds, each as a value. */
  array(type: number, count: number, write: () => void): void {
    this.#begin(arrayHeaderBytes);
    const from = this.#length;
    for (const value of [1, 0, type, count, 1]) this.#int32(value);
    write();
    this.#bytes.writeInt32BE(this.#length - from, from - 4);
  }

  /** Milliseconds since 1970. */
  time(at: number): void {
    this.#begin(8);
    this.#int64((at - epoch) * 1000);
  }

  smallint(value: number): void {
    if (value !== (value << 16) >> 16) throw new RangeError(`${value} is no smallint`);
    this.#begin(2);
    this.#int16(value);
  }

  integer(value: number): void {
    if (value !== (value | 0)) throw new RangeError(`${value} is no integer`);
    this.#begin(4);
    this.#int32(value);
  }

  bigint(value: number | undefined): void {
    if (value === undefined) this.#null();
    else {
      this.#begin(8);
      this.#int64(value);
    }
  }

  hex(bytes: string): void {
    this.#begin(bytes.length / 2);
    this.#length += this.#bytes.write(bytes, this.#length, "hex");
  }

  bytea(bytes: Uint8Array): void {
    this.#begin(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  null(): void {
    this.#null();
  }

  text(text: string | undefined): void {
    if (text === undefined) this.#null();
    else this.#text(text, false);
  }

  /** JSON text as `jsonb`, whose binary form is a version and the text. */
  jsonb(text: string | undefined): void {
    if (text === undefined) this.#null();
    else this.#text(text, true);
  }

  #text(text: string, versioned: boolean): void {
    // No UTF-16 unit takes more bytes.
    this.#room(text.length * 3 + valueBytes);
    const from = this.#length + 4;
    if (versioned) this.#bytes[from] = 1;
    const start = versioned ? from + 1 : from;
    const end = start + this.#bytes.write(text, start);
    this.#int32(end - from);
    this.#length = end;
  }

  #null(): void {
    this.#room(valueBytes);
    this.#int32(-1);
  }

  #begin(length: number): void {
    this.#room(length + valueBytes);
    this.#int32(length);
  }

  #room(needed: number): void {
    if (this.#length + needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + needed));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  #int16(value: number): void {
    this.#bytes[this.#length] = value >> 8;
    this.#bytes[this.#length + 1] = value;
    this.#length += 2;
  }

  #int32(value: number): void {
    this.#int16(value >> 16);
    this.#int16(value);
  }

  #int64(value: number): void {
    this.#int32(Math.floor(value / 2 ** 32));
    this.#int32(value % 2 ** 32);
  }
}

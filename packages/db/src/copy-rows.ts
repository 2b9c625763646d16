import type { Writable } from "node:stream";
import type postgres from "postgres";

/** A buffer that has grown beyond this is not kept for the next rows. */
const mostKeptBytes = 2 ** 21;
/** What any value but a text takes at most, its length included. */
const valueBytes = 40;
/** Where PostgreSQL's times begin: 2000-01-01. */
const epoch = Date.UTC(2000, 0, 1);
const header = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");

const hexDigit = (code: number) => (code < 0x3a ? code - 0x30 : code - 0x57);

/**
 * Rows in the binary form of `COPY` (PostgreSQL's manual, COPY, "Binary Format"), which it reads at a
 * third of the cost of texts. Each value stands behind its length; undefined is null.
 */
export class CopyRows {
  #bytes = Buffer.allocUnsafe(65_536);
  #length = 0;

  /** Empties it. */
  begin(): void {
    if (this.#bytes.length > mostKeptBytes) this.#bytes = Buffer.allocUnsafe(65_536);
    this.#length = header.copy(this.#bytes);
  }

  /** What was added since `begin`; to be used before the next. */
  end(): Buffer {
    this.#room(2);
    this.#int16(-1);
    return this.#bytes.subarray(0, this.#length);
  }

  row(columns: number): void {
    this.#room(2);
    this.#int16(columns);
  }

  /** Values that were written before, as `valuesOf` gives them. */
  values(values: Uint8Array): void {
    this.#room(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  uuid(id: string): void {
    this.#begin(16);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = 0; at < 36; at += 2) {
      if (id.charCodeAt(at) === 0x2d) at += 1;
      bytes[length] = (hexDigit(id.charCodeAt(at)) << 4) | hexDigit(id.charCodeAt(at + 1));
      length += 1;
    }
    this.#length = length;
  }

  /** Milliseconds since 1970. */
  time(at: number): void {
    this.#begin(8);
    this.#int64((at - epoch) * 1000);
  }

  smallint(value: number): void {
    this.#begin(2);
    this.#int16(value);
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

/** Values that many rows share, for `values`. */
export function valuesOf(write: (rows: CopyRows) => void): Uint8Array {
  const rows = new CopyRows();
  rows.begin();
  write(rows);
  return Uint8Array.from(rows.end().subarray(header.length, -2));
}

/** Its bytes are copied as soon as they are written, so one serves all connections. */
const sending = new CopyRows();

/**
 * Sends rows to a `COPY ... FROM STDIN (FORMAT binary)`; resolves when PostgreSQL has taken them all.
 * @throws whatever it refused one of them for, or `write` threw; none of them is stored then
 */
export async function copyRows(
  sql: Pick<postgres.Sql, "unsafe">,
  statement: string,
  write: (rows: CopyRows) => void,
): Promise<void> {
  const copying = sql.unsafe(statement);
  const stream: Writable = await copying.writable();
  await new Promise<void>((resolve, reject) => {
    // The driver would end neither the stream nor the query, which was answered with the stream.
    Object.assign(copying, { reject });
    stream.on("error", reject);
    stream.on("finish", resolve);
    try {
      sending.begin();
      write(sending);
      stream.end(sending.end());
    } catch (error) {
      // Tells PostgreSQL too, which would wait for the rest.
      stream.destroy(error instanceof Error ? error : new Error("no rows"));
    }
  });
}

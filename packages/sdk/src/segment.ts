import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** A file of a queue on disk: one record a line, a CRC-32 in hex and the event's JSON. */
export type Segment = { number: number; path: string; bytes: number };

export type StoredRecord = { json: string; segment: number; end: number };

const name = /^(\d{10})\.events$/;
const newline = 0x0a;
const chunkBytes = 1_048_576;

export const segmentPath = (directory: string, number: number) =>
  join(directory, `${String(number).padStart(10, "0")}.events`);

export const toRecord = (json: string) => `${checksum(json)} ${json}\n`;
const checksum = (json: string) => crc32(json).toString(16).padStart(8, "0");

/** The JSON of a record that is whole. */
export const jsonOf = (record: string) => record.slice(9, -1);

/** The JSON of a line, or null where the line was torn or changed. */
function fromRecord(line: string): string | null {
  const json = line.slice(9);
  return line[8] === " " && checksum(json) === line.slice(0, 8) ? json : null;
}

export function seqOf(json: string): number {
  const { seq } = JSON.parse(json) as { seq?: unknown };
  return typeof seq === "number" ? seq : -1;
}

/** Numbers of the segments in a directory, oldest first. */
async function listSegments(directory: string): Promise<number[]> {
  const files = await readdir(directory);
  return files
    .flatMap((file) => name.exec(file)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Reads whole lines of a segment from a place on, about a megabyte of them and one at least. Lines that
 * are no records are passed over, and counted in `damaged`; a last line without an end is left alone.
 * `end` is where it stopped.
 */
export async function readRecords(
  { path, number }: Pick<Segment, "path" | "number">,
  from: number,
  until: number,
): Promise<{ records: StoredRecord[]; end: number; damaged: number }> {
  if (from >= until) return { records: [], end: from, damaged: 0 };
  const file = await open(path);
  try {
    for (let size = chunkBytes; ; size *= 2) {
      const wanted = Math.min(size, until - from);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, from);
      const last = buffer.lastIndexOf(newline, bytesRead - 1);
      const isAll = bytesRead < wanted || from + wanted >= until;
      // A record longer than a chunk.
      if (last === -1 && !isAll) continue;
      return cut(buffer.subarray(0, last + 1), number, from);
    }
  } finally {
    await file.close();
  }
}

function cut(bytes: Buffer, segment: number, from: number) {
  const records: StoredRecord[] = [];
  let start = 0;
  let damaged = 0;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    const json = fromRecord(bytes.toString("utf8", start, end));
    start = end + 1;
    if (json === null) damaged += 1;
    else records.push({ json, segment, end: from + start });
  }
  return { records, end: from + start, damaged };
}

/**
 * What an earlier run left behind a place, oldest first, and the highest `seq` of all. Files before the
 * place are removed.
 */
export async function findSegments(
  directory: string,
  place: { segment: number; offset: number; seq: number },
) {
  const found = { segments: [] as Segment[], waiting: 0, seq: place.seq, damaged: 0 };
  for (const number of await listSegments(directory)) {
    const path = segmentPath(directory, number);
    if (number < place.segment) {
      await rm(path);
      continue;
    }
    const { size } = await stat(path);
    let at = number === place.segment ? Math.min(place.offset, size) : 0;
    for (let before = -1; at < size && at !== before; ) {
      before = at;
      const { records, end, damaged } = await readRecords({ path, number }, at, size);
      found.waiting += records.length;
      found.damaged += damaged;
      for (const { json } of records) found.seq = Math.max(found.seq, seqOf(json));
      at = end;
    }
    // A last line without an end.
    if (at < size) found.damaged += 1;
    found.segments.push({ number, path, bytes: at });
  }
  return found;
}

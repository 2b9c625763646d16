import type { ExportFormat } from "@muniment/shared/exports.ts";

/** No event within its bounds needs more, every character written as an escape. */
export const maxRecordBytes = 262_144;

/** A line, or in CSV all lines of a row, without its end; or why its bytes are not wanted. */
export type FileRecord = {
  bytes: Buffer | "too long" | "never closed";
  /** Number of its first line in the file, from 1. */
  line: number;
  /** Number of the line after it. */
  nextLine: number;
  /** Where it ends in the file, its line ending included. */
  end: number;
};

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;

function countQuotes(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(quote, from); at >= 0 && at < to; at = bytes.indexOf(quote, at + 1)) {
    count += 1;
  }
  return count;
}

/**
 * Cuts the bytes of a file into records, holding back at most one of bounded size. A line feed within
 * quotes is part of a cell of CSV; where a quote is never closed, the record is taken for one line.
 */
export function splitRecords(format: ExportFormat, begin: { offset: number; line: number }) {
  let { offset, line } = begin;
  let held: Buffer = Buffer.alloc(0);
  /** Of the held bytes: how many were looked at, the line feeds and quotes among them, the first line's end. */
  let seen = 0;
  let feeds = 0;
  let quotes = 0;
  let firstEnd = -1;
  /** Why the record is not wanted. */
  let refused: Exclude<FileRecord["bytes"], Buffer> | undefined;

  /** The record that ends before `end`; what is held begins after `next`. */
  function take(end: number, next: number): FileRecord {
    const last = end > 0 && held[end - 1] === carriageReturn ? end - 1 : end;
    const tooLong = last > maxRecordBytes ? "too long" : undefined;
    const bytes = refused ?? tooLong ?? held.subarray(0, last);
    const first = line;
    line += Math.max(feeds, 1);
    offset += next;
    held = held.subarray(next);
    seen = feeds = quotes = 0;
    firstEnd = -1;
    refused = undefined;
    return { bytes, line: first, nextLine: line, end: offset };
  }

  /** Refuses the first line of a record whose quote is never closed, and looks at the rest anew. */
  function takeFirstLine(): FileRecord {
    const end = firstEnd;
    refused = "never closed";
    feeds = 1;
    return take(end, end + 1);
  }

  return {
    push(chunk: Buffer): FileRecord[] {
      const records: FileRecord[] = [];
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      for (;;) {
        const feed = held.indexOf(lineFeed, seen);
        if (format === "csv") quotes += countQuotes(held, seen, feed < 0 ? held.length : feed);
        if (feed < 0) {
          seen = held.length;
          if (held.length <= maxRecordBytes) return records;
          if (firstEnd >= 0) {
            records.push(takeFirstLine());
            continue;
          }
          // Nothing of it is wanted but where it ends.
          offset += held.length;
          held = Buffer.alloc(0);
          seen = 0;
          refused = "too long";
          return records;
        }
        seen = feed + 1;
        feeds += 1;
        if (firstEnd < 0) firstEnd = feed;
        if (quotes % 2 === 0 || refused) records.push(take(feed, feed + 1));
        else if (feed > maxRecordBytes) records.push(takeFirstLine());
      }
    },
    /** What is left at the end of the file. */
    end(): FileRecord[] {
      if (held.length === 0 && !refused) return [];
      if (quotes % 2 === 1 && firstEnd >= 0) {
        const rest = held.subarray(firstEnd + 1);
        const first = takeFirstLine();
        held = Buffer.alloc(0);
        return [first].concat(this.push(rest), this.end());
      }
      if (quotes % 2 === 1) refused = "never closed";
      feeds += 1;
      return [take(held.length, held.length)];
    },
  };
}

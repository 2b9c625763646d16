import type { FileHandle } from "node:fs/promises";
import { createLineSplitter, type Line } from "@muniment/log-formats/lines.ts";

/** A line and the byte behind it, where the next one begins. */
export type PlacedLine = { line: Line; start: number; end: number };

const chunkBytes = 262_144;
const newline = 0x0a;

async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

/** The end of a line too long for a chunk, or null where the file ends before it. */
async function endOfLongLine(handle: FileHandle, from: number): Promise<number | null> {
  for (let at = from; ; ) {
    const chunk = await readAt(handle, at, chunkBytes);
    if (chunk.length === 0) return null;
    const end = chunk.indexOf(newline);
    if (end >= 0) return at + end + 1;
    at += chunk.length;
  }
}

/**
 * Whole lines from a place in a file on, as many as are there and fit into one read; `isLast` takes a
 * last line without an ending as well. None: the file has no more for now.
 */
export async function readLines(
  handle: FileHandle,
  offset: number,
  isLast: boolean,
): Promise<PlacedLine[]> {
  const chunk = await readAt(handle, offset, chunkBytes);
  const lastEnd = chunk.lastIndexOf(newline) + 1;
  if (lastEnd > 0) return cut(chunk.subarray(0, lastEnd), offset);
  if (chunk.length === chunkBytes) {
    const end = await endOfLongLine(handle, offset);
    const { size } = await handle.stat();
    if (end === null && !isLast) return [];
    const bytes = (end ?? size) - offset;
    return [{ line: { number: 0, bytes }, start: offset, end: offset + bytes }];
  }
  return isLast ? cut(chunk, offset) : [];
}

function cut(bytes: Buffer, offset: number): PlacedLine[] {
  // A mark of byte order stands only at the start of a file, which is what the splitter's first line is.
  const splitter = createLineSplitter(offset === 0 ? 0 : 1);
  const lines = [...splitter.push(bytes), ...splitter.end()];
  const placed: PlacedLine[] = [];
  let start = 0;
  for (const line of lines) {
    const end = bytes.indexOf(newline, start);
    const next = end < 0 ? bytes.length : end + 1;
    placed.push({ line, start: offset + start, end: offset + next });
    start = next;
  }
  return placed;
}

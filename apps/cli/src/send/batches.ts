import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { FormatName, LineResult } from "@muniment/log-formats/format.ts";
import { createJournalSplitter } from "@muniment/log-formats/journal-export.ts";
import { createLineSplitter, type Line } from "@muniment/log-formats/lines.ts";
import { addRejection, type Tally } from "./tally.ts";

/** An event as JSON text, with the line it was made of. */
export type LogEvent = { line: number; json: string };
export type Batch = LogEvent[];

/** Below the 1 MiB that common proxies allow, with room for the envelope. */
export const maxBatchBytes = 1_000_000;
/** How long lines of a pipe wait for others. */
const pauseMilliseconds = 1000;
const week = 7 * 86_400_000;

type Reading = {
  stream: Readable;
  format: FormatName;
  read: (line: Line) => LineResult;
  batchSize: number;
};

/**
 * Reads a log as batches, holding one at a time, and counts its lines. Ends early, without an error
 * and without the batch it was filling, when the stream is destroyed because `stop` is aborted.
 */
export async function* readBatches(
  { stream, format, read, batchSize }: Reading,
  tally: Tally,
  stop: AbortSignal,
): AsyncGenerator<Batch> {
  let batch: Batch = [];
  let bytes = 0;
  let previous: number | undefined;

  function* take(lines: Line[]): Generator<Batch> {
    for (const line of lines) {
      tally.lines = line.number;
      const result = read(line);
      if (result.kind !== "event") {
        countOther(tally, line.number, result);
        continue;
      }
      countEvent(tally, line.number, result, previous);
      previous = result.time ?? previous;
      const size = Buffer.byteLength(result.json) + 1;
      if (batch.length === batchSize || (batch.length > 0 && bytes + size > maxBatchBytes)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push({ line: line.number, json: result.json });
      bytes += size;
    }
  }

  const splitter = format === "journald" ? createJournalSplitter() : createLineSplitter();
  try {
    for await (const chunk of withPauses(stream)) {
      if (chunk) yield* take(splitter.push(chunk));
      else if (batch.length > 0) {
        yield batch;
        batch = [];
        bytes = 0;
      }
    }
  } catch (error) {
    if (stop.aborted) return;
    throw error;
  }
  yield* take(splitter.end());
  if (batch.length > 0) yield batch;
}

export function countOther(
  tally: Tally,
  line: number,
  result: Exclude<LineResult, { kind: "event" }>,
) {
  if (result.kind === "blank") {
    tally.blank += 1;
    return;
  }
  tally.unparsed += 1;
  addRejection(tally, { line, reason: result.reason, message: result.message });
}

export function countEvent(
  tally: Tally,
  line: number,
  { time, recognised }: Extract<LineResult, { kind: "event" }>,
  previous: number | undefined,
) {
  tally.events += 1;
  if (!recognised) tally.unrecognised += 1;
  if (time === undefined) return;
  tally.from = Math.min(tally.from ?? time, time);
  tally.to = Math.max(tally.to ?? time, time);
  if (previous !== undefined && time < previous - week) tally.backwards ??= line;
}

/** The chunks of a stream, and null between them where nothing came for a while. */
async function* withPauses(stream: Readable): AsyncGenerator<Buffer | null> {
  const chunks = stream[Symbol.asyncIterator]();
  for (;;) {
    const next: Promise<IteratorResult<Buffer>> = chunks.next();
    // Its failure is thrown below, unless nobody asks for more.
    next.catch(() => {});
    const waiting = new AbortController();
    const pause = sleep(pauseMilliseconds, null, { signal: waiting.signal }).catch(() => null);
    const first = await Promise.race([next, pause]);
    waiting.abort();
    // Once is enough until more comes.
    if (first === null) yield null;
    const chunk = first ?? (await next);
    if (chunk.done) return;
    yield chunk.value;
  }
}

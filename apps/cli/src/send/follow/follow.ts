import type { FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { LineResult, ReaderMemory } from "@muniment/log-formats/format.ts";
import type { Line } from "@muniment/log-formats/lines.ts";
import { type Batch, countEvent, countOther, maxBatchBytes } from "../batches.ts";
import type { Tally } from "../tally.ts";
import type { FollowState } from "./follow-state.ts";
import { continues, identityOf, isAt, markOf, openContinuation, openNext } from "./log-files.ts";
import { type PlacedLine, readLines } from "./read-part.ts";

export type Following = {
  path: string;
  /** Writes down how far it was sent. */
  keep(state: FollowState): Promise<void>;
  /** Where a log begins that was never followed. */
  from: "start" | "end";
  batchSize: number;
  tally: Tally;
  stop: AbortSignal;
  /** Shared with the reader of lines. */
  memory: ReaderMemory;
  read(line: Line, place: string): LineResult;
  /** Resolves to whether the server has answered for the whole batch. */
  deliver(batch: Batch): Promise<boolean>;
  warn(message: string): void;
  /** The files that this run has read. */
  seen: Set<string>;
};

const pollMilliseconds = 250;
/** How long a log that was rotated is read on: its writer opens the new one only when it is told to. */
const rotatedMilliseconds = 2500;

/** A file that is read; the mark is of what was read of it, taken before anybody is told of it. */
type Open = { handle: FileHandle; epoch: number; offset: number; mark: FollowState["file"] };

const pause = (stop: AbortSignal, milliseconds = pollMilliseconds) =>
  sleep(milliseconds, undefined, { signal: stop }).catch(() => {});

/**
 * Sends the lines of a growing log for as long as it is let, through rotation by renaming and by
 * copying. What was answered for is written down after each batch, so that another run goes on there;
 * what it sends again has the same ids.
 */
export async function follow(following: Following, known: FollowState | null): Promise<void> {
  const { path, stop, from, warn } = following;
  // Under whatever number: what goes on from there is none of the files.
  const last = known && { ...known.file, ino: -1 };
  let open = known && (await resume(following, known));
  if (known && !open) {
    warn(`What ${path} was when it was last read is gone: lines of it may be missing.`);
  }
  for (let isFirst = !known; !stop.aborted; isFirst = false) {
    open ??= await waitForNext(following, last, known?.epoch ?? 0, isFirst && from === "end");
    if (!open) return;
    const { handle } = open;
    const done = await readToEnd(following, open).finally(() => handle.close());
    if (!done) return;
    open = done.next;
  }
}

async function resume({ path }: Following, known: FollowState): Promise<Open | null> {
  const handle = await openContinuation(path, known.file, known.offset);
  return handle && goOn(handle, known.epoch, known.offset, known.file);
}

/** Where a marked file was left, which may be a copy of it. */
async function goOn(
  handle: FileHandle,
  epoch: number,
  offset: number,
  mark: FollowState["file"],
): Promise<Open> {
  const { dev, ino } = await handle.stat();
  return { handle, epoch, offset, mark: { ...mark, dev, ino } };
}

async function waitForNext(
  { path, stop, seen }: Following,
  mark: FollowState["file"] | null,
  epoch: number,
  atEnd: boolean,
): Promise<Open | null> {
  while (!stop.aborted) {
    const handle = await openNext(path, mark, seen);
    if (handle) {
      const offset = atEnd ? (await handle.stat()).size : 0;
      return { handle, epoch: epoch + 1, offset, mark: await markOf(handle, offset) };
    }
    await pause(stop);
  }
  return null;
}

/** Sends one file until another takes its place, which is the answer; null when stopped. */
async function readToEnd(following: Following, open: Open): Promise<{ next: Open } | null> {
  const { path, stop } = following;
  await save(following, open);
  following.seen.add(identityOf(open.mark));
  let quietSince: number | undefined;
  while (!stop.aborted) {
    const lines = await readLines(open.handle, open.offset, false);
    if (!(await markRead(open, lines))) {
      const next = await afterTruncation(following, open);
      return next && { next };
    }
    if (lines.length > 0) {
      quietSince = undefined;
      if (!(await sendLines(following, open, lines))) return null;
      continue;
    }
    if (await isAt(path, open.handle)) {
      quietSince = undefined;
      await pause(stop);
      continue;
    }
    quietSince ??= performance.now();
    if (performance.now() - quietSince < rotatedMilliseconds) {
      await pause(stop);
      continue;
    }
    const rest = await readLines(open.handle, open.offset, true);
    if (!(await markRead(open, rest))) continue;
    if (rest.length > 0 && !(await sendLines(following, open, rest))) return null;
    const next = await waitForNext(following, open.mark, open.epoch, false);
    return next && { next };
  }
  return null;
}

/** Marks a file up to the end of lines just read. False: they may be of what replaced it meanwhile. */
async function markRead(open: Open, lines: readonly PlacedLine[]): Promise<boolean> {
  const { handle, mark, offset } = open;
  const end = lines.at(-1)?.end ?? offset;
  const next = await markOf(handle, end);
  if (!(await continues(handle, mark, end))) return false;
  if (lines.length > 0) open.mark = next;
  return true;
}

/** The same file from its start, but first what the copy has of it that was not read before. */
async function afterTruncation(
  following: Following,
  { epoch, offset, mark }: Open,
): Promise<Open | null> {
  const { path, warn } = following;
  const copy = await openContinuation(path, { ...mark, ino: -1 }, offset);
  if (copy && !(await isAt(path, copy))) return goOn(copy, epoch, offset, mark);
  await copy?.close();
  if (offset > 0 && !copy) warn(`${path} was cut short: what was written last may be missing.`);
  const onlyItself = { ...mark, ino: -1, modifiedMs: Number.POSITIVE_INFINITY };
  return waitForNext(following, onlyItself, epoch, false);
}

/** Sends lines in batches; after each, the place behind it is written down. False: not all of them. */
async function sendLines(
  following: Following,
  open: Open,
  lines: readonly PlacedLine[],
): Promise<boolean> {
  const { tally, batchSize, memory, read, deliver, stop } = following;
  let batch: Batch = [];
  let bytes = 0;
  /** What holds behind the last line of the batch. */
  let behind = { offset: open.offset, memory: structuredClone(memory) };

  async function flush(): Promise<boolean> {
    if (batch.length > 0 && !(await deliver(batch))) return false;
    open.offset = behind.offset;
    await save(following, open, behind.memory);
    batch = [];
    bytes = 0;
    return !stop.aborted;
  }

  for (const { line, start, end } of lines) {
    tally.lines += 1;
    const { previous } = memory;
    const result = read({ ...line, number: tally.lines }, `${open.epoch}:${start}`);
    if (result.kind === "event") {
      countEvent(tally, tally.lines, result, previous);
      const size = Buffer.byteLength(result.json) + 1;
      const isFull = batch.length === batchSize || bytes + size > maxBatchBytes;
      if (isFull && batch.length > 0 && !(await flush())) return false;
      batch.push({ line: tally.lines, json: result.json });
      bytes += size;
    } else countOther(tally, tally.lines, result);
    behind = { offset: end, memory: structuredClone(memory) };
  }
  return flush();
}

async function save(
  { memory, keep }: Following,
  { epoch, offset, mark: file }: Open,
  behind: ReaderMemory = memory,
): Promise<void> {
  await keep({ version: 1, epoch, file, offset, memory: behind });
}

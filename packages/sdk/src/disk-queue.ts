import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { lockDirectory } from "./directory-lock.ts";
import { countFitting, type EventQueue } from "./queue.ts";
import { readPlace, writePlace } from "./queue-place.ts";
import { createListeners } from "./queue-problems.ts";
import {
  findSegments,
  jsonOf,
  readRecords,
  type Segment,
  type StoredRecord,
  segmentPath,
  seqOf,
  toRecord,
} from "./segment.ts";

export type DiskQueueOptions = {
  /** A folder of this queue's own. */
  directory: string;
  /** What does not fit is dropped, and counted. Default: 256 MiB. */
  maxBytes?: number | undefined;
  /** Default: 8 MiB. */
  segmentBytes?: number | undefined;
  /** Told of damaged files, and when writing fails; it is tried again every second. */
  onProblem?(problem: string): void;
};

/** What waits for the disk is bounded too: it is in memory. */
const maxUnwrittenBytes = 16_777_216;
const retryMilliseconds = 1000;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * A queue that survives its process: events are appended to files, synced together, and a file goes
 * when the server has answered for all of it. A line that a crash has torn is left out; everything
 * that `stored()` has confirmed is read again. While the disk takes nothing, events are sent from memory.
 * @throws Error where the folder cannot be used, or another process uses it
 */
export async function openDiskQueue(options: DiskQueueOptions): Promise<EventQueue> {
  const { directory } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const unlock = await lockDirectory(directory);
  try {
    return await openLocked(options, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function openLocked(
  { directory, maxBytes = 268_435_456, segmentBytes = 8_388_608, onProblem }: DiskQueueOptions,
  unlock: () => Promise<void>,
): Promise<EventQueue> {
  const place = await readPlace(directory);
  const found = await findSegments(directory, place);
  /** Oldest first; the last is being written. */
  const segments = found.segments;
  let waiting = found.waiting;
  let seq = found.seq;

  const { tell, listen } = createListeners();
  if (onProblem) listen(onProblem);
  if (found.damaged > 0) {
    tell(
      `The queue in ${directory} was damaged, as by a crash. Lines of it that are left out: ${found.damaged}.`,
    );
  }

  /** Read and not yet answered for. */
  let ahead: StoredRecord[] = [];
  let reading = { segment: place.segment, offset: place.offset };
  let unwritten: string[] = [];
  let unwrittenBytes = 0;
  /** So many of the unwritten are being sent from memory, as the disk fails. */
  let lent = 0;
  /** Records taken, and those among them that are on the disk or answered for. */
  let pushed = 0;
  let durable = 0;
  /** The attempt to write that is under way, and all of them until nothing is left. */
  let step: Promise<void> | undefined;
  let writing: Promise<void> | undefined;
  let file: FileHandle | undefined;
  let lastNumber = Math.max(place.segment, segments.at(-1)?.number ?? 0);
  let failed: Error | undefined;
  let isPlaceKept = true;
  const closing = new AbortController();

  const usedBytes = () => segments.reduce((sum, { bytes }) => sum + bytes, unwrittenBytes);

  /** Never appended to what an earlier run wrote: its end may be torn. */
  async function nextSegment(): Promise<Segment> {
    await file?.close();
    file = undefined;
    lastNumber += 1;
    const path = segmentPath(directory, lastNumber);
    const segment = { number: lastNumber, path, bytes: 0 };
    file = await open(path, "wx", 0o600);
    segments.push(segment);
    await syncDirectory();
    return segment;
  }

  /** So that a new file's name is as durable as what is in it. */
  async function syncDirectory(): Promise<void> {
    // Where a directory cannot be opened, as on Windows, its file system sees to it.
    const handle = await open(directory).catch(() => null);
    await handle?.sync().finally(() => handle.close());
  }

  async function writeOnce(): Promise<void> {
    const taken = [...unwritten];
    try {
      const last = file ? segments.at(-1) : undefined;
      const segment = last && last.bytes < segmentBytes ? last : await nextSegment();
      await file?.writeFile(taken.join(""));
      await file?.datasync();
      settle(segment, taken);
      failed = undefined;
    } catch (error) {
      failed = error instanceof Error ? error : new Error(String(error));
      await takeBack();
      tell(`The queue in ${directory} cannot be written: ${failed.message}`);
    }
  }

  /** Records are on the disk now: those that were lent are as if read from there. */
  function settle(segment: Segment, taken: readonly string[]): void {
    let end = segment.bytes;
    for (const [at, record] of taken.entries()) {
      end += Buffer.byteLength(record);
      if (at < lent) ahead.push({ json: jsonOf(record), segment: segment.number, end });
      if (at + 1 === lent) reading = { segment: segment.number, offset: end };
    }
    lent = 0;
    forget(taken.length);
    segment.bytes = end;
  }

  function forget(count: number): void {
    for (const record of unwritten.slice(0, count)) unwrittenBytes -= Buffer.byteLength(record);
    unwritten = unwritten.slice(count);
    durable += count;
  }

  /** Half a record may be there after a failure: nothing of it stays, and nothing is written behind it. */
  async function takeBack(): Promise<void> {
    const last = segments.at(-1);
    if (file && last) await file.truncate(last.bytes).catch(() => {});
    await file?.close().catch(() => {});
    file = undefined;
    if (last?.bytes !== 0) return;
    segments.pop();
    await rm(last.path, { force: true }).catch(() => {});
  }

  function write(): Promise<void> {
    if (unwritten.length > 0) writing ??= writeAll();
    return writing ?? Promise.resolve();
  }

  async function writeAll(): Promise<void> {
    const { signal } = closing;
    while (unwritten.length > 0 && !(failed && signal.aborted)) {
      step = writeOnce();
      await step;
      step = undefined;
      if (failed) {
        await sleep(retryMilliseconds, undefined, { ref: false, signal }).catch(() => {});
      }
    }
    writing = undefined;
  }

  /** Whether all that is on the disk was read. */
  function isAllRead(): boolean {
    const { segment, offset } = reading;
    return segments.every(
      ({ number, bytes }) => number < segment || bytes <= (number === segment ? offset : 0),
    );
  }

  async function readAhead(): Promise<void> {
    for (;;) {
      const at = segments.findIndex(({ number }) => number >= reading.segment);
      const segment = segments[at];
      if (!segment) return;
      const offset = segment.number === reading.segment ? reading.offset : 0;
      const until = segment.bytes;
      const { records, end } = await readRecords(segment, offset, until);
      reading = { segment: segment.number, offset: end };
      ahead.push(...records);
      if (records.length > 0) return;
      // Torn lines were passed, or more was written meanwhile.
      if (end > offset || until < segment.bytes) continue;
      if (end < until) {
        reading = { segment: segment.number, offset: until };
        tell(`${segment.path} was cut short: events that were in it are lost.`);
        continue;
      }
      const next = segments[at + 1];
      if (!next) return;
      reading = { segment: next.number, offset: 0 };
    }
  }

  /** A place that is lost costs nothing but sending again: told once, and no reason to stop. */
  async function keepPlace(isDurable: boolean): Promise<void> {
    try {
      await writePlace(directory, { ...place, seq }, isDurable);
      isPlaceKept = true;
    } catch (error) {
      if (isPlaceKept)
        tell(`The place of the queue in ${directory} cannot be written: ${messageOf(error)}`);
      isPlaceKept = false;
    }
  }

  return {
    listen,
    push({ json }) {
      const record = toRecord(json);
      const bytes = Buffer.byteLength(record);
      const full = usedBytes() + bytes > maxBytes || unwrittenBytes + bytes > maxUnwrittenBytes;
      if (closing.signal.aborted || full) return { taken: false, evicted: 0 };
      unwritten.push(record);
      unwrittenBytes += bytes;
      waiting += 1;
      pushed += 1;
      seq = Math.max(seq, seqOf(json));
      void write();
      return { taken: true, evicted: 0 };
    },
    async peek(maxEvents, maxLength) {
      for (;;) {
        if (lent === 0 && ahead.length < maxEvents) await readAhead();
        if (ahead.length > 0) return ahead.slice(0, countFitting(ahead, maxEvents, maxLength));
        while (step) await step;
        // The disk has taken what was lent.
        if (ahead.length > 0) continue;
        if (unwritten.length === 0 && isAllRead()) {
          // Fewer than were counted where a file was cut short meanwhile.
          waiting = 0;
          return [];
        }
        if (!failed || !isAllRead()) void write();
        else {
          const first = unwritten.slice(0, maxEvents).map((record) => ({ json: jsonOf(record) }));
          const batch = first.slice(0, countFitting(first, maxEvents, maxLength));
          lent = batch.length;
          // No file holds their numbers, which must not be given again.
          await keepPlace(true);
          return batch;
        }
      }
    },
    async remove(count) {
      // What is lent may be among what is being written.
      while (lent > 0 && step) await step;
      waiting -= count;
      if (lent > 0) {
        forget(count);
        lent -= count;
        return;
      }
      const last = ahead[count - 1];
      if (!last) return;
      ahead = ahead.slice(count);
      place.segment = last.segment;
      place.offset = last.end;
      const done = segments.filter(({ number }) => number < place.segment);
      await keepPlace(done.length > 0);
      for (const { path } of done) await rm(path, { force: true });
      segments.splice(0, done.length);
      // A full disk may have room only now.
      if (done.length > 0 && !isPlaceKept) await keepPlace(true);
    },
    size: () => waiting,
    lastSeq: () => seq,
    async stored() {
      const wanted = pushed;
      while (durable < wanted) {
        void write();
        await step;
        if (failed) throw failed;
      }
    },
    async close() {
      closing.abort();
      await writing;
      // The last answers may have made room.
      if (unwritten.length > 0) await writeOnce();
      if (unwritten.length > 0) {
        tell(`Events lost, as they could not be written to ${directory}: ${unwritten.length}.`);
      }
      await file?.close().catch(() => {});
      await keepPlace(true);
      await unlock();
    },
  };
}

import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lockDirectory } from "./directory-lock.ts";
import { countFitting, type EventQueue } from "./queue.ts";
import {
  listSegments,
  readRecords,
  type Segment,
  type StoredRecord,
  segmentPath,
  toRecord,
} from "./segment.ts";

export type DiskQueueOptions = {
  /** A folder of this queue's own. */
  directory: string;
  /** What does not fit is dropped, and counted. Default: 256 MiB. */
  maxBytes?: number | undefined;
  /** Default: 8 MiB. */
  segmentBytes?: number | undefined;
  /** Told when writing fails; it is tried again every second. */
  onProblem?(problem: string): void;
};

/** What waits for the disk is bounded too: it is in memory. */
const maxUnwrittenBytes = 16_777_216;

type Cursor = { segment: number; offset: number; seq: number };

const nothingRead: Cursor = { segment: 0, offset: 0, seq: -1 };
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Where the last run stood. An older or lost place is harmless: what is sent again has the same ids. */
async function readCursor(path: string): Promise<Cursor> {
  try {
    const { segment, offset, seq } = JSON.parse(await readFile(path, "utf8"));
    const whole = [segment, offset, seq].every((value) => Number.isSafeInteger(value));
    return whole ? { segment, offset, seq } : nothingRead;
  } catch {
    return nothingRead;
  }
}

function seqOf(json: string): number {
  const { seq } = JSON.parse(json) as { seq?: unknown };
  return typeof seq === "number" ? seq : -1;
}

/**
 * A queue that survives its process: events are appended to files, synced together, and a file goes
 * when the server has answered for all of it. A line that a crash has torn is left out; everything
 * that `stored()` has confirmed is read again.
 * @throws Error where the folder cannot be used, or another process uses it
 */
export async function openDiskQueue(options: DiskQueueOptions): Promise<EventQueue> {
  const { directory, maxBytes = 268_435_456, segmentBytes = 8_388_608 } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const unlock = await lockDirectory(directory);
  const cursorPath = join(directory, "cursor.json");
  const cursor = await readCursor(cursorPath);

  /** Oldest first; the last is being written. */
  const segments: Segment[] = [];
  let waiting = 0;
  let seq = cursor.seq;
  for (const number of await listSegments(directory)) {
    const path = segmentPath(directory, number);
    if (number < cursor.segment) {
      await rm(path);
      continue;
    }
    const { size } = await stat(path);
    let at = number === cursor.segment ? Math.min(cursor.offset, size) : 0;
    for (let before = -1; at < size && at !== before; ) {
      before = at;
      const { records, end } = await readRecords({ path, number }, at, size);
      waiting += records.length;
      for (const { json } of records) seq = Math.max(seq, seqOf(json));
      at = end;
    }
    segments.push({ number, path, bytes: at });
  }

  /** Read and not yet answered for. */
  let ahead: StoredRecord[] = [];
  let reading = { segment: cursor.segment, offset: cursor.offset };
  let unwritten: string[] = [];
  let unwrittenBytes = 0;
  /** Records taken, and those among them that are on the disk. */
  let pushed = 0;
  let durable = 0;
  /** The write under way, and all of them until nothing is left. */
  let step: Promise<void> | undefined;
  let writing: Promise<void> | undefined;
  let file: FileHandle | undefined;
  let failed: Error | undefined;
  let closed = false;

  const usedBytes = () => segments.reduce((sum, { bytes }) => sum + bytes, unwrittenBytes);

  /** Never appended to what an earlier run wrote: its end may be torn. */
  async function nextSegment(): Promise<Segment> {
    await file?.close();
    file = undefined;
    const number = Math.max(cursor.segment, segments.at(-1)?.number ?? 0) + 1;
    const segment = { number, path: segmentPath(directory, number), bytes: 0 };
    file = await open(segment.path, "wx", 0o600);
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
    const taken = unwritten;
    const bytes = unwrittenBytes;
    unwritten = [];
    unwrittenBytes = 0;
    try {
      const last = file ? segments.at(-1) : undefined;
      const segment = last && last.bytes < segmentBytes ? last : await nextSegment();
      await file?.writeFile(taken.join(""));
      await file?.datasync();
      segment.bytes += bytes;
      durable += taken.length;
      failed = undefined;
    } catch (error) {
      unwritten = [...taken, ...unwritten];
      unwrittenBytes += bytes;
      failed = error instanceof Error ? error : new Error(String(error));
      // Half a record may be there now.
      await file?.close().catch(() => {});
      file = undefined;
      options.onProblem?.(`The queue in ${directory} cannot be written: ${messageOf(error)}`);
      if (!closed) await sleep(1000, undefined, { ref: false });
    }
  }

  function write(): Promise<void> {
    writing ??= (async () => {
      do {
        step = writeOnce();
        await step;
      } while (unwritten.length > 0 && !(closed && failed));
    })().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function readAhead(): Promise<void> {
    for (;;) {
      const at = segments.findIndex(({ number }) => number >= reading.segment);
      const segment = segments[at];
      if (!segment) return;
      const offset = segment.number === reading.segment ? reading.offset : 0;
      const { records, end } = await readRecords(segment, offset, segment.bytes);
      reading = { segment: segment.number, offset: end };
      ahead.push(...records);
      if (records.length > 0) return;
      // Torn lines were passed, or more was written meanwhile.
      if (end > offset || end < segment.bytes) continue;
      const next = segments[at + 1];
      if (!next) return;
      reading = { segment: next.number, offset: 0 };
    }
  }

  async function saveCursor(isDurable: boolean): Promise<void> {
    const temporary = `${cursorPath}.new`;
    const handle = await open(temporary, "w", 0o600);
    try {
      await handle.writeFile(JSON.stringify({ ...cursor, seq }));
      if (isDurable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, cursorPath);
  }

  return {
    push({ json }) {
      const record = toRecord(json);
      const bytes = Buffer.byteLength(record);
      const full = usedBytes() + bytes > maxBytes || unwrittenBytes + bytes > maxUnwrittenBytes;
      if (closed || full) return { taken: false, evicted: 0 };
      unwritten.push(record);
      unwrittenBytes += bytes;
      waiting += 1;
      pushed += 1;
      seq = Math.max(seq, seqOf(json));
      void write();
      return { taken: true, evicted: 0 };
    },
    async peek(maxEvents, maxLength) {
      if (ahead.length < maxEvents) await readAhead();
      while (ahead.length === 0 && writing && !failed) {
        await step;
        await readAhead();
      }
      return ahead.slice(0, countFitting(ahead, maxEvents, maxLength));
    },
    async remove(count) {
      const last = ahead[count - 1];
      if (!last) return;
      ahead = ahead.slice(count);
      waiting -= count;
      cursor.segment = last.segment;
      cursor.offset = last.end;
      const done = segments.filter(({ number }) => number < cursor.segment);
      // Before the files go, or the numbers of their events would be given again.
      await saveCursor(done.length > 0);
      for (const { path } of done) await rm(path, { force: true });
      segments.splice(0, done.length);
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
      closed = true;
      if (unwritten.length > 0) await write();
      await writing;
      await file?.close();
      await saveCursor(true);
      await unlock();
    },
  };
}

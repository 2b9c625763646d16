import { isDatabaseUnavailable, isDiskFull } from "@muniment/db/unavailable.ts";
import { AppError } from "../../errors.ts";
import { type Batch, type HeldBatch, holdBatch } from "./held-batch.ts";
import type { StoredBatch, StoreEvents } from "./store-events.ts";

/** As many as the ingest role has connections. */
const maxFlushes = 4;
/**
 * A flush beside others begins when this many events wait for each of those, or when the first has
 * waited so long: few statements with many events cost both sides less than many with few.
 */
const eventsPerFlush = 500;
const longestWaitMilliseconds = 20;
/** One flush takes no more, so that none holds its connection for long. */
const maxFlushEvents = 2000;
const maxFlushBytes = 8_388_608;
const maxWaitingEvents = 50_000;
const maxWaitingBytes = 67_108_864;
const maxStopMilliseconds = 5000;

export type IngestQueue = {
  /**
   * Answers when the batch is durable.
   * @throws AppError `overloaded` when too much is waiting
   */
  add(batch: Batch): Promise<StoredBatch>;
  /** Takes nothing more and waits until everything is stored, 5 s at most. */
  stop(): Promise<void>;
};

type Waiting = {
  batch: HeldBatch;
  bytes: number;
  since: number;
  resolve: (stored: StoredBatch) => void;
  reject: (error: unknown) => void;
};

/** What a batch takes while it waits, about. */
const bytesOf = ({ idRows, rows, events }: HeldBatch) =>
  idRows.length + rows.length + 200 * events.length + 500;

/**
 * Batches that wait for a connection go into one statement, whoever sent them: under load the price
 * of a commit is shared. `onStored` is told whose events were stored.
 */
export function createIngestQueue(
  store: StoreEvents,
  onStored: (userIds: ReadonlySet<string>) => void,
): IngestQueue {
  const waiting: Waiting[] = [];
  let waitingEvents = 0;
  let waitingBytes = 0;
  let flushes = 0;
  let stopped: (() => void) | undefined;
  let late: NodeJS.Timeout | undefined;
  /** Less than a flush's worth waits until what has arrived by now is read, so that none goes with its first batch alone. */
  let isGathering = false;

  function take(): Waiting[] {
    const taken: Waiting[] = [];
    let events = 0;
    let bytes = 0;
    for (const next of waiting) {
      events += next.batch.events.length;
      bytes += next.bytes;
      if (taken.length > 0 && (events > maxFlushEvents || bytes > maxFlushBytes)) break;
      taken.push(next);
      waitingEvents -= next.batch.events.length;
      waitingBytes -= next.bytes;
    }
    waiting.splice(0, taken.length);
    return taken;
  }

  async function flush(taken: Waiting[]): Promise<void> {
    try {
      const stored = await store(taken.map(({ batch }) => batch));
      onStored(new Set(taken.map(({ batch }) => batch.userId)));
      for (const [index, answer] of stored.entries()) taken[index]?.resolve(answer);
    } catch (error) {
      if (taken.length === 1 || isDatabaseUnavailable(error) || isDiskFull(error)) {
        for (const { reject } of taken) reject(error);
        return;
      }
      // One batch must not fail its neighbours: of halves again and again it is left alone soonest.
      const half = taken.length >> 1;
      await flush(taken.slice(0, half));
      await flush(taken.slice(half));
    }
  }

  /** Whether what waits is worth a flush beside those under way. */
  function isDue(): boolean {
    const [first] = waiting;
    if (!first || flushes === maxFlushes) return false;
    if (flushes === 0 || waitingEvents >= flushes * eventsPerFlush) return true;
    const left = first.since + longestWaitMilliseconds - performance.now();
    if (left <= 0) return true;
    if (late === undefined) {
      late = setTimeout(() => {
        late = undefined;
        pump();
      }, left);
    }
    return false;
  }

  function pump(): void {
    while (isDue()) {
      flushes += 1;
      void flush(take()).finally(() => {
        flushes -= 1;
        pump();
      });
    }
    if (flushes === 0) stopped?.();
  }

  return {
    add(given) {
      const batch = holdBatch(given);
      const bytes = bytesOf(batch);
      const full =
        waitingEvents + batch.events.length > maxWaitingEvents ||
        waitingBytes + bytes > maxWaitingBytes;
      if (stopped || full) {
        throw new AppError("overloaded", "Too many events are waiting. Try again soon.", {
          retryAfterSeconds: 1,
        });
      }
      return new Promise((resolve, reject) => {
        waiting.push({ batch, bytes, since: performance.now(), resolve, reject });
        waitingEvents += batch.events.length;
        waitingBytes += bytes;
        // PostgreSQL stores these while what has arrived behind them is read.
        if (waitingEvents >= eventsPerFlush) pump();
        if (isGathering) return;
        isGathering = true;
        setImmediate(() => {
          isGathering = false;
          pump();
        });
      });
    },
    stop: () =>
      new Promise((resolve) => {
        stopped = resolve;
        setTimeout(resolve, maxStopMilliseconds).unref();
        pump();
      }),
  };
}

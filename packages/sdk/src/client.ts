import { type Account, DeliveryError, deliver } from "./deliver.ts";
import type { MunimentEvent, QueuedEvent } from "./event.ts";
import { createMemoryQueue, type MemoryBounds } from "./memory-queue.ts";
import type { Target } from "./post.ts";
import type { EventQueue } from "./queue.ts";
import { createIdMaker } from "./uuid7.ts";

export type { EventLevel, MunimentEvent } from "./event.ts";
export type { EventQueue, Overflow } from "./queue.ts";

export type MunimentOptions = {
  /** Where Muniment runs, such as `https://muniment.example.com`. */
  url: string;
  /** An API key with the scope `events:write`. */
  key: string;
  /** Where events wait: in memory within these bounds, or a queue such as `openDiskQueue`'s. */
  queue?: EventQueue | MemoryBounds | undefined;
  /**
   * Numbers the events from 0, or from where the queue's last run ended, so that the server sees gaps.
   * For queues that go on from run to run: numbers that begin anew hide gaps.
   */
  seq?: boolean | undefined;
  /** Events in one call, 1 to 100. Default: 100. */
  batchEvents?: number | undefined;
  /** Length of the events of one call, in characters of JSON. Default: 1,000,000. */
  batchLength?: number | undefined;
  /** How long an event waits for others. Default: 1000. */
  waitMilliseconds?: number | undefined;
  /** Lets a page's last calls outlive it. */
  keepalive?: boolean | undefined;
  timeoutMilliseconds?: number | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  /** Told of each event that the server has refused: it is not stored, and not sent again. */
  onRejected?(rejection: Rejection): void;
  /** Told of events that were lost before they were sent. */
  onDropped?(drop: { count: number; reason: DropReason }): void;
  /** Told of trouble that the events survive: the server is away, or refuses the key. */
  onProblem?(problem: string): void;
};

export type Rejection = { event: MunimentEvent; reason: string; message: string };
export type DropReason = "queue_full" | "not_json" | "closed";

/**
 * What became of all events: `sent = accepted + duplicates + rejected`, and what was given to `send`,
 * beside what waited from an earlier run, is `sent + waiting + dropped`.
 */
export type Stats = {
  waiting: number;
  sent: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  dropped: number;
  retries: number;
};

export type Muniment = {
  /** Queues an event and answers its id, or null where it was dropped. Never throws, never waits. */
  send(event: MunimentEvent): string | null;
  /** Resolves when the queue has written down what was sent so far; at once for a queue in memory. */
  stored(): Promise<void>;
  /**
   * Sends what waits, now. Resolves to whether the server has answered for all of it in time.
   * Default: 10 s.
   */
  flush(timeoutMilliseconds?: number): Promise<boolean>;
  /** Takes no more events, flushes, and lets go of the queue. Resolves as `flush` does. */
  close(timeoutMilliseconds?: number): Promise<boolean>;
  stats(): Stats;
};

/** After a refusal of the key or the address, which only a person can mend. */
const refusedMilliseconds = 60_000;

function toTarget(options: MunimentOptions): Target {
  const { key, fetch, keepalive, timeoutMilliseconds } = options;
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError("The key is empty or holds a space.");
  const url = new URL(options.url.endsWith("/") ? options.url : `${options.url}/`);
  return { url, key, fetch, keepalive, timeoutMilliseconds };
}

/** A timer that does not keep the process alive, where the runtime knows that. */
function later(act: () => void, milliseconds: number) {
  const timer: unknown = setTimeout(act, milliseconds);
  if (typeof timer === "object" && timer !== null && "unref" in timer) {
    (timer as { unref(): void }).unref();
  }
  return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]);
}

/**
 * Sends events in batches, each until the server has answered for it: what did not arrive is tried
 * again under the same ids, so that every event is stored once.
 * @throws TypeError for a url or a key that is none
 */
export function createMuniment(options: MunimentOptions): Muniment {
  const stopping = new AbortController();
  const target = { ...toTarget(options), abort: stopping.signal };
  const { batchEvents = 100, batchLength = 1_000_000, waitMilliseconds = 1000 } = options;
  const given = options.queue;
  const queue = given && "push" in given ? given : createMemoryQueue(given);
  const makeId = createIdMaker();
  const count = { sent: 0, accepted: 0, duplicates: 0, rejected: 0, dropped: 0, retries: 0 };
  let nextSeq = queue.lastSeq() + 1;
  let closed = false;
  let running: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;
  /** Wakes a back-off that nobody wants to wait for any more. */
  let hurry = new AbortController();
  let refusals = 0;
  let paused = false;
  const waiters = new Set<() => void>();

  /** Calls one of the application's functions, whose failure is no reason to lose or repeat events. */
  function tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      tellProblem(`A callback threw: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  function tellProblem(problem: string): void {
    try {
      options.onProblem?.(problem);
    } catch {
      // Nobody is left to be told.
    }
  }

  function drop(reason: DropReason, dropped = 1): null {
    count.dropped += dropped;
    tell(() => options.onDropped?.({ count: dropped, reason }));
    return null;
  }

  /** Null for what is no event or has no JSON. An event that is lost takes its number with it, so that the gap is seen. */
  function toQueued(event: MunimentEvent): { id: string; json: string } | null {
    let seq = options.seq ? nextSeq : undefined;
    try {
      const { id = makeId() } = event;
      seq = event.seq ?? seq;
      return { id, json: JSON.stringify({ occurredAt: new Date(), ...event, id, seq }) };
    } catch {
      return null;
    } finally {
      if (options.seq && seq === nextSeq) nextSeq += 1;
    }
  }

  function tellWaiters(): void {
    for (const resolve of waiters) resolve();
  }

  async function onAnswer({ sent, accepted, duplicates, rejected }: Account<QueuedEvent>) {
    count.sent += sent.length;
    count.accepted += accepted;
    count.duplicates += duplicates;
    count.rejected += rejected.length;
    for (const { event, reason, message } of rejected) {
      tell(() => options.onRejected?.({ event: JSON.parse(event.json), reason, message }));
    }
    await queue.remove(sent.length);
    tellWaiters();
  }

  async function drain(): Promise<void> {
    while (!stopping.signal.aborted) {
      const batch = await queue.peek(batchEvents, batchLength);
      if (batch.length === 0) return;
      await deliver(batch, {
        target,
        stop: stopping.signal,
        hurry: () => hurry.signal,
        retryForMilliseconds: Number.POSITIVE_INFINITY,
        onAnswer,
        onRetry: () => {
          count.retries += 1;
        },
        onWait: tellProblem,
      });
    }
  }

  function wake(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    paused = false;
    if (running || stopping.signal.aborted) return;
    running = drain()
      .catch((error: unknown) => {
        refusals += 1;
        paused = true;
        tellProblem(error instanceof Error ? error.message : String(error));
        const pause = error instanceof DeliveryError ? refusedMilliseconds : waitMilliseconds;
        cancelTimer = later(wake, pause);
      })
      .finally(() => {
        running = undefined;
        tellWaiters();
        // What came after the last look at the queue; never at once, for a queue may give nothing for a while.
        if (queue.size() > 0) cancelTimer ??= later(wake, waitMilliseconds);
      });
  }

  function schedule(): void {
    if (running) return;
    if (queue.size() >= batchEvents && !paused) wake();
    else cancelTimer ??= later(wake, waitMilliseconds);
  }

  async function flush(timeoutMilliseconds = 10_000): Promise<boolean> {
    const until = count.sent + queue.size();
    const refusedBefore = refusals;
    const deadline = Date.now() + timeoutMilliseconds;
    hurry.abort();
    hurry = new AbortController();
    while (count.sent < until && queue.size() > 0) {
      if (refusals > refusedBefore || Date.now() >= deadline) return false;
      const before = count.sent;
      wake();
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          waiters.delete(done);
          resolve();
        };
        const timer = setTimeout(done, deadline - Date.now());
        waiters.add(done);
      });
      // A queue that gave nothing is not asked again at once: everything else would stand still.
      if (count.sent === before) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return true;
  }

  async function end(timeoutMilliseconds: number | undefined): Promise<boolean> {
    closed = true;
    const all = await flush(timeoutMilliseconds);
    stopping.abort();
    cancelTimer?.();
    await running;
    await queue.close();
    return all;
  }

  let ending: Promise<boolean> | undefined;
  queue.listen?.(tellProblem);
  if (queue.size() > 0) schedule();

  return {
    send(event) {
      if (closed) return drop("closed");
      const queued = toQueued(event);
      if (queued === null) return drop("not_json");
      const { taken, evicted } = queue.push({ json: queued.json });
      if (evicted > 0) drop("queue_full", evicted);
      if (!taken) return drop("queue_full");
      schedule();
      return queued.id;
    },
    stored: () => queue.stored(),
    flush,
    close(timeoutMilliseconds) {
      ending ??= end(timeoutMilliseconds);
      return ending;
    },
    stats: () => ({ waiting: queue.size(), ...count }),
  };
}

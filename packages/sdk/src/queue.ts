import type { QueuedEvent } from "./event.ts";

/** Where events wait. `peek` and `remove` are called by one sender, which takes turns with itself. */
export type EventQueue = {
  /** Whether there was room; `evicted` events went in its place. Never waits. */
  push(event: QueuedEvent): { taken: boolean; evicted: number };
  /** The oldest events, the same again until they are removed. */
  peek(maxEvents: number, maxBytes: number): Promise<QueuedEvent[]>;
  /** Forgets the oldest, which the server has answered for. */
  remove(count: number): Promise<void>;
  size(): number;
  /** The highest `seq` that this queue has ever held, or -1. */
  lastSeq(): number;
  /** Resolves when what was pushed is as safe as this queue makes it. */
  stored(): Promise<void>;
  /** Tells somebody of trouble, from now on. */
  listen?(listener: (problem: string) => void): void;
  close(): Promise<void>;
};

/** What to do with an event that there is no room for: drop it, or the oldest that are not being sent. */
export type Overflow = "drop-newest" | "drop-oldest";

/** How many of the first events fit into one call; always one at least. */
export function countFitting(
  events: readonly QueuedEvent[],
  maxEvents: number,
  maxBytes: number,
): number {
  let bytes = 0;
  let count = 0;
  for (const { json } of events) {
    bytes += json.length + 1;
    if (count === maxEvents || (count > 0 && bytes > maxBytes)) break;
    count += 1;
  }
  return count;
}

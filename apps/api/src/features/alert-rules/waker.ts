import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";

/** A commit is seen only when all older ones have ended, so the first look waits for a moment. */
const firstMilliseconds = 20;
const apartMilliseconds = 100;
/** The first after a user's last events, and others at what was held back or not due yet. */
const looksEach = 5;
/** Looks take no more than this part of the time. */
const part = 1 / 5;
/** Others wait for the next poll. */
const mostUsers = 1000;
const maxStopMilliseconds = 1000;

export type Waker = {
  /** Events of these users have been committed on this node. */
  wake(userIds: Iterable<string>): void;
  /** Looks no more, and waits for the look that is under way, 1 s at most. */
  stop(): Promise<void>;
};

/**
 * Calls `look` soon after there are events, for the users who have some: what a poll finds anyway is found
 * sooner. However many events come, there is one look at a time, a pause after each, and a longer one after
 * a long look.
 */
export function createWaker(look: (userIds: string[]) => Promise<void>, log: Logger): Waker {
  const looksLeft = new Map<string, number>();
  const stopping = new AbortController();
  let looking: Promise<void> | undefined;

  const pause = (milliseconds: number) =>
    sleep(milliseconds, undefined, { ref: false, signal: stopping.signal }).catch(() => {});

  async function lookWhileAwake() {
    await pause(firstMilliseconds);
    while (!stopping.signal.aborted) {
      if (looksLeft.size === 0) return;
      const userIds = [...looksLeft.keys()];
      for (const [userId, left] of looksLeft) {
        if (left > 1) looksLeft.set(userId, left - 1);
        else looksLeft.delete(userId);
      }
      const from = performance.now();
      await look(userIds).catch((error: unknown) =>
        log.debug({ err: error }, "a look at alert rules failed"),
      );
      const took = performance.now() - from;
      await pause(Math.max(apartMilliseconds, took / part - took));
    }
  }

  return {
    wake(userIds) {
      for (const userId of userIds) {
        if (looksLeft.size < mostUsers || looksLeft.has(userId)) looksLeft.set(userId, looksEach);
      }
      looking ??= lookWhileAwake().finally(() => {
        looking = undefined;
      });
    },
    async stop() {
      stopping.abort();
      await Promise.race([looking, sleep(maxStopMilliseconds, undefined, { ref: false })]);
    },
  };
}

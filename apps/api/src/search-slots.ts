import { AppError } from "./errors.ts";

/** Of the few connections for searches one user may hold this many at a time. */
const maxRunning = 2;
const maxWaiting = 24;

type Queue = { running: number; waiting: (() => void)[] };

export type SearchSlots = {
  /**
   * Runs `work` when the user has a slot; a caller who went away meanwhile gives the place up.
   * @throws AppError `overloaded` when too many of the user's searches wait already
   */
  use<T>(userId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
};

const overloaded = () =>
  new AppError("overloaded", "Too many of your searches are waiting. Try again soon.", {
    retryAfterSeconds: 2,
  });

/** Searches take turns per user, so that nobody's keep everybody else's waiting. */
export function createSearchSlots(): SearchSlots {
  const queues = new Map<string, Queue>();

  function leave(userId: string, queue: Queue): void {
    const next = queue.waiting.shift();
    if (next) {
      next();
      return;
    }
    queue.running -= 1;
    if (queue.running === 0) queues.delete(userId);
  }

  return {
    async use(userId, signal, work) {
      const queue = queues.get(userId) ?? { running: 0, waiting: [] };
      queues.set(userId, queue);
      if (queue.running < maxRunning) queue.running += 1;
      else if (queue.waiting.length >= maxWaiting) throw overloaded();
      else await new Promise<void>((resolve) => queue.waiting.push(resolve));
      try {
        if (signal.aborted) throw overloaded();
        return await work();
      } finally {
        leave(userId, queue);
      }
    },
  };
}

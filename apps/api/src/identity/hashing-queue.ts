import { availableParallelism } from "node:os";
import { AppError } from "../errors.ts";

/**
 * Lets at most `maxRunning` pieces of work run at once, the others in the order they came.
 * @throws AppError `overloaded` when `maxWaiting` wait already
 */
export function createQueue(maxRunning: number, maxWaiting: number) {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async function inOrder<T>(work: () => Promise<T>): Promise<T> {
    if (waiting.length >= maxWaiting) {
      throw new AppError("overloaded", "Too many passwords are being checked. Try again soon.", {
        retryAfterSeconds: 5,
      });
    }
    if (running < maxRunning) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/**
 * All argon2 of this process goes through here. It runs on libuv's four threads, which files and
 * DNS need too, and takes a core and 19 MiB each: so never all threads, and one more than there are
 * cores, or a core idles from the end of one until the main thread has had its turn to begin the next.
 * At some 50 a second and core, the last of 500 waits about 5 seconds on two cores.
 */
export const hashing = createQueue(Math.min(3, availableParallelism() + 1), 500);

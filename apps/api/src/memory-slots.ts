import { AppError } from "./errors.ts";

/** Those of uploads, each of which is held a few times over. */
const fewSlots = { atOnce: 4, ofOneUser: 2 };

/** How much of what is held whole in memory is under way at a time. */
export type MemorySlots = {
  /**
   * Takes a slot, until what is answered is called.
   * @throws AppError `overloaded` when too many are under way already
   */
  enter(userId: string): () => void;
  /** Runs `work` in a slot. @throws AppError as `enter` does */
  use<T>(userId: string, work: () => Promise<T>): Promise<T>;
};

/** Slots for what a plural names, as in "uploads". */
export function createMemorySlots(what: string, { atOnce, ofOneUser } = fewSlots): MemorySlots {
  const running: string[] = [];

  function enter(userId: string) {
    const own = running.filter((one) => one === userId).length;
    if (running.length >= atOnce || own >= ofOneUser) {
      const message = `Too many ${what} are under way. Try again soon.`;
      throw new AppError("overloaded", message, { retryAfterSeconds: 2 });
    }
    running.push(userId);
    return () => void running.splice(running.indexOf(userId), 1);
  }

  return {
    enter,
    async use(userId, work) {
      const leave = enter(userId);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

import { AppError } from "../errors.ts";

/** Each holds a file in memory, a few times over. */
const mostAtOnce = 4;
const mostOfOneUser = 2;

/** How many uploads are taken in at a time. */
export type UploadSlots = {
  /** @throws AppError `overloaded` when too many are under way already */
  use<T>(userId: string, work: () => Promise<T>): Promise<T>;
};

export function createUploadSlots(): UploadSlots {
  const running: string[] = [];
  return {
    async use(userId, work) {
      const own = running.filter((one) => one === userId).length;
      if (running.length >= mostAtOnce || own >= mostOfOneUser) {
        const message = "Too many uploads are under way. Try again soon.";
        throw new AppError("overloaded", message, { retryAfterSeconds: 2 });
      }
      running.push(userId);
      try {
        return await work();
      } finally {
        running.splice(running.indexOf(userId), 1);
      }
    },
  };
}

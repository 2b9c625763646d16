import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createExclusivePool } from "./exclusive-pool.ts";
import { isPoolBusy } from "./unavailable.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A pool of one connection, which is lent until `free` is called. */
async function lentPool(most: number) {
  const pool = createExclusivePool(
    1,
    () => ({}),
    async () => {},
    () => false,
    { most, milliseconds: 5000 },
  );
  let free = () => {};
  const lent = pool.use(() => new Promise<void>((resolve) => (free = resolve)));
  await vi.advanceTimersByTimeAsync(0);
  const done: number[] = [];
  const ask = (name: number) => pool.use(async () => void done.push(name));
  const giveBack = async () => {
    free();
    await lent;
  };
  return { ask, done, free: giveBack };
}

test("who waits for a connection gets it in the order of coming, and no more wait than may", async () => {
  const { ask, done, free } = await lentPool(3);
  const waiting = [1, 2, 3].map(ask);
  await expect(ask(4)).rejects.toSatisfy(isPoolBusy);
  await free();
  await Promise.all(waiting);
  expect(done).toEqual([1, 2, 3]);
  await ask(5);
  expect(done).toEqual([1, 2, 3, 5]);
});

test("who has waited long enough is told so, and the connection goes to who came behind", async () => {
  const { ask, done, free } = await lentPool(3);
  const first = ask(1).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(4000);
  const second = ask(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(isPoolBusy(await first)).toBe(true);
  expect(done).toEqual([]);
  await free();
  await second;
  await vi.advanceTimersByTimeAsync(60_000);
  await ask(3);
  expect(done).toEqual([2, 3]);
});

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
  ).lane({ atOnce: 1, waiting: { most, milliseconds: 5000 } });
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

test("a lane has no more than it may, and who comes first is served first whatever their lane", async () => {
  const pool = createExclusivePool(
    2,
    () => ({}),
    async () => {},
  );
  const [few, many] = [pool.lane({ atOnce: 1 }), pool.lane({ atOnce: 2 })];
  const begun: string[] = [];
  const free = new Map<string, () => void>();
  const begin = (lane: typeof few, name: string) =>
    lane.use(() => {
      begun.push(name);
      return new Promise<void>((resolve) => free.set(name, resolve));
    });
  const end = async (name: string) => {
    free.get(name)?.();
    await vi.advanceTimersByTimeAsync(0);
  };
  const all = [
    begin(few, "few 1"),
    begin(few, "few 2"),
    begin(many, "many 1"),
    begin(many, "many 2"),
    begin(few, "few 3"),
    begin(many, "many 3"),
  ];
  await vi.advanceTimersByTimeAsync(0);
  // A connection was free, but not for the second of that lane.
  expect(begun).toEqual(["few 1", "many 1"]);
  await end("many 1");
  expect(begun.slice(2)).toEqual(["many 2"]);
  await end("few 1");
  expect(begun.slice(3)).toEqual(["few 2"]);
  await end("few 2");
  expect(begun.slice(4)).toEqual(["few 3"]);
  await end("many 2");
  expect(begun.slice(5)).toEqual(["many 3"]);
  for (const name of ["few 3", "many 3"]) await end(name);
  await Promise.all(all);
  // What was given back is free for anybody.
  const again = [begin(many, "many 4"), begin(many, "many 5")];
  await vi.advanceTimersByTimeAsync(0);
  expect(begun.slice(6)).toEqual(["many 4", "many 5"]);
  for (const name of ["many 4", "many 5"]) await end(name);
  await Promise.all(again);
});

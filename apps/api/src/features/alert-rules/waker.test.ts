import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLog } from "../../log.ts";
import { createWaker } from "./waker.ts";

const log = createLog("silent");
const soon = { interval: 10 };

test("users are looked at some times after they are woken, and then no more", async () => {
  const looks: string[] = [];
  const waker = createWaker(async (userIds) => void looks.push(userIds.join()), log);
  waker.wake(["a"]);
  waker.wake(["a", "b"]);
  await expect.poll(() => looks.length, soon).toBe(5);
  await sleep(200);
  waker.wake(["c"]);
  await expect.poll(() => looks.length, soon).toBeGreaterThan(5);
  await waker.stop();
  const all = [...Array.from({ length: 5 }, () => "a,b"), ...Array.from({ length: 5 }, () => "c")];
  expect(looks).toEqual(all.slice(0, looks.length));
  const { length } = looks;
  waker.wake(["d"]);
  await sleep(50);
  expect(looks.length).toBe(length);
});

test("a look that fails ends nothing", async () => {
  let looks = 0;
  const waker = createWaker(async () => {
    looks += 1;
    throw new Error("no database");
  }, log);
  waker.wake(["a"]);
  await expect.poll(() => looks, soon).toBeGreaterThan(1);
  await waker.stop();
});

test("however often users are woken, looks come one by one, and long ones seldom", async () => {
  const looks: { from: number; to: number }[] = [];
  const waker = createWaker(async () => {
    const from = performance.now();
    await sleep(40);
    looks.push({ from, to: performance.now() });
  }, log);
  const storm = setInterval(() => waker.wake(["a"]), 1);
  await expect.poll(() => looks.length, soon).toBeGreaterThan(3);
  clearInterval(storm);
  await waker.stop();
  for (const [index, { from }] of looks.entries()) {
    const before = looks[index - 1];
    // Timers count from when their turn of the loop began, so that of four times a little may be missing.
    if (before) expect(from - before.to).toBeGreaterThan(3 * (before.to - before.from));
  }
});

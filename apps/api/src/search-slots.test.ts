import { expect, test } from "vitest";
import { createSearchSlots } from "./search-slots.ts";

const never = new AbortController().signal;
const settle = () => new Promise((resolve) => setImmediate(resolve));

function started() {
  const ends: (() => void)[] = [];
  const work = () => new Promise<void>((resolve) => ends.push(resolve));
  return { ends, work };
}

test("two searches of a user run at a time, the others wait their turn, and another user's do not wait", async () => {
  const slots = createSearchSlots();
  const mine = started();
  const theirs = started();
  const all = [1, 2, 3, 4].map(() => slots.use("me", never, mine.work));
  const other = slots.use("you", never, theirs.work);
  await settle();
  expect(mine.ends).toHaveLength(2);
  expect(theirs.ends).toHaveLength(1);
  mine.ends[0]?.();
  await settle();
  expect(mine.ends).toHaveLength(3);
  for (let at = 1; at < 4; at += 1) {
    await settle();
    mine.ends[at]?.();
  }
  theirs.ends[0]?.();
  await Promise.all([...all, other]);
});

test("too many waiting are refused, and a caller who went away is not served", async () => {
  const slots = createSearchSlots();
  const { ends, work } = started();
  const gone = new AbortController();
  const running = [slots.use("me", never, work), slots.use("me", never, work)];
  const left = slots.use("me", gone.signal, work);
  const waiting = Array.from({ length: 23 }, () => slots.use("me", never, async () => {}));
  await expect(slots.use("me", never, work)).rejects.toMatchObject({ reason: "overloaded" });
  gone.abort();
  await settle();
  for (const end of ends) end();
  await expect(left).rejects.toMatchObject({ reason: "overloaded" });
  await Promise.all([...running, ...waiting]);
  expect(ends).toHaveLength(2);
});

test("a failed search frees its slot", async () => {
  const slots = createSearchSlots();
  const fail = () => Promise.reject(new Error("failed"));
  for (let at = 0; at < 5; at += 1)
    await expect(slots.use("me", never, fail)).rejects.toThrow("failed");
  await slots.use("me", never, async () => {});
});

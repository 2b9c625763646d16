import { expect, test } from "vitest";
import { removeFew } from "./remove-few.ts";

const ids = Array.from({ length: 20 }, (_, at) => String(at));

test("all are removed, a few at a time, and one that fails keeps no other", async () => {
  const tried: string[] = [];
  let running = 0;
  let most = 0;
  const removed = removeFew(ids, 60_000, async (id) => {
    tried.push(id);
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    if (id === "3") throw new Error("away");
  });
  await expect(removed).rejects.toThrow("away");
  expect(tried).toEqual(ids);
  expect(most).toBe(4);
});

test("when the time is over nothing more is begun", async () => {
  const tried: string[] = [];
  await removeFew(ids, 0, async (id) => void tried.push(id));
  expect(tried).toEqual(["0", "1", "2", "3"]);
});

import { expect, test } from "vitest";
import { createRepeatCounter } from "./repeats.ts";

test("a line's number counts the same lines before it", () => {
  const count = createRepeatCounter();
  expect(["a", "b", "a", "", "a", ""].map(count)).toEqual([0, 0, 1, 0, 2, 1]);
});

test("among 100,000 distinct lines hardly a number is off, and no line gets one twice", () => {
  const count = createRepeatCounter();
  let off = 0;
  for (let round = 0; round < 2; round += 1) {
    for (let i = 0; i < 100_000; i += 1) {
      const seen = count(`Mar  3 05:14:21 bastion sshd[${i}]: Connection closed`);
      if (seen < round) throw new Error(`Line ${i} was counted as ${seen} in round ${round}.`);
      if (seen > round) off += 1;
    }
  }
  expect(off).toBeLessThan(100);
});

test("even when every place is shared, the same line never gets the same number twice", () => {
  const count = createRepeatCounter();
  const last = new Map<string, number>();
  for (let i = 0; i < 1_500_000; i += 1) {
    const line = `${i % 1_000_003}`;
    const seen = count(line);
    if (i % 7 > 0) continue;
    const before = last.get(line) ?? -1;
    if (seen <= before) throw new Error(`${line} got ${seen} after ${before}.`);
    last.set(line, seen);
  }
  expect(last.size).toBeGreaterThan(100_000);
});

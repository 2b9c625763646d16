import { expect, test } from "vitest";
import { change, countLevels } from "./counts.ts";

const buckets = [
  { start: "2026-01-01T00:00:00.000Z", count: 5, by: { info: 3, error: 2 } },
  { start: "2026-01-01T01:00:00.000Z", count: 1, by: { critical: 1 } },
  { start: "2026-01-01T02:00:00.000Z", count: 0 },
];

test("counts all events, or those of some levels", () => {
  expect(countLevels(buckets)).toBe(6);
  expect(countLevels(buckets, ["error", "critical"])).toBe(3);
  expect(countLevels([])).toBe(0);
});

test.each([
  [5, 5, "as many as before"],
  [5, 0, "none before"],
  [110, 100, "10 % more than before"],
  [0, 100, "100 % fewer than before"],
  [1001, 1000, "under 1 % more than before"],
  [300, 100, "3.0 times as many as before"],
  [5000, 100, "50 times as many as before"],
])("%i after %i is %s", (count, before, words) => {
  expect(change(count, before)).toBe(words);
});

import { expect, it } from "vitest";
import { relativeTime } from "./relative-time.ts";

const now = Date.UTC(2026, 0, 1);
const second = 1000;

it.each([
  [-5 * second, "just now"],
  [10 * second, "just now"],
  [45 * second, "in a moment"],
  [-100 * second, "2 min. ago"],
  [-3 * 3600 * second, "3 hr. ago"],
  [2 * 86_400 * second, "in 2 days"],
  [-400 * 86_400 * second, "1 yr. ago"],
])("%d ms from now is %s", (distance, words) => {
  expect(relativeTime(now + distance, now)).toBe(words);
});

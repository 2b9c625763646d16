import { expect, it } from "vitest";
import { formatDuration } from "./format-duration.ts";

it.each([
  [1, "1 second"],
  [90, "90 seconds"],
  [900, "15 minutes"],
  [3600, "1 hour"],
  [86_400, "1 day"],
])("%d seconds are %s", (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

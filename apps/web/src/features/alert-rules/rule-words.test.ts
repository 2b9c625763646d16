import { expect, test } from "vitest";
import { spanOf } from "./rule-words.ts";

test.each([
  [1, "1 minute"],
  [5, "5 minutes"],
  [60, "1 hour"],
  [90, "90 minutes"],
  [720, "12 hours"],
  [1440, "1 day"],
  [0, "0 minutes"],
])("%i minutes are said as %s", (minutes, words) => {
  expect(spanOf(minutes)).toBe(words);
});

import { expect, test } from "vitest";
import { nextPlace } from "./use-list-keys.ts";

test.each([
  [undefined, 1, 0],
  ["gone", 1, 0],
  ["a", 1, 1],
  ["b", -1, 0],
  ["a", -1, 0],
  ["c", 1, 2],
] as const)("from %s by %i goes to %i", (selected, step, place) => {
  expect(nextPlace(["a", "b", "c"], selected, step)).toBe(place);
});

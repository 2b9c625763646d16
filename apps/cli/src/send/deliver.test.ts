import { expect, test } from "vitest";
import { backoffMs } from "./deliver.ts";

test("waiting doubles up to half a minute, spread over its upper half", () => {
  expect([0, 1, 2, 3, 7, 50].map((attempt) => backoffMs(attempt, 0, 1))).toEqual([
    250, 500, 1000, 2000, 30_000, 30_000,
  ]);
  expect(backoffMs(3, 0, 0)).toBe(1000);
});

test("it is never shorter than the server asks for", () => {
  expect(backoffMs(0, 60_000, 0)).toBe(60_000);
  expect(backoffMs(0, 60_000, 1)).toBe(60_250);
});

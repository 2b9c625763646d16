import { afterEach, expect, test, vi } from "vitest";
import { createMemoryCounters } from "./memory-counters.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("a new window is exactly as long as its rule, however late it begins", () => {
  const clock = vi.spyOn(performance, "now");
  const counters = createMemoryCounters();
  const left = Array.from({ length: 1000 }, (_, number) => {
    clock.mockReturnValue(262_144.1 + number * 977.013_7);
    return counters.take(String(number), 1, { points: 5, durationSeconds: 900 }).millisecondsLeft;
  });
  expect(new Set(left)).toEqual(new Set([900_000]));
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFoldedLines } from "./folded-lines.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const start = (perMinute: number) => {
  const written: object[] = [];
  const lines = createFoldedLines<{ name: string }>((fields) => written.push(fields), perMinute);
  const note = (name: string, id: number) => lines.note({ name }, { id });
  return { written, lines, note };
};

test("of each key so many are written at once, and the rest is told at the end of the minute", () => {
  const { written, note } = start(2);
  for (let id = 0; id < 1000; id += 1) note("a", id);
  note("b", 0);
  const first = [
    { name: "a", id: 0 },
    { name: "a", id: 1 },
    { name: "b", id: 0 },
  ];
  expect(written).toEqual(first);
  vi.advanceTimersByTime(60_000);
  expect(written).toEqual([...first, { name: "a", more: 998 }]);
});

test("the next minute begins anew, and a quiet one says nothing", () => {
  const { written, note } = start(1);
  note("a", 0);
  vi.advanceTimersByTime(600_000);
  note("a", 1);
  expect(written).toEqual([
    { name: "a", id: 0 },
    { name: "a", id: 1 },
  ]);
});

test("what was counted is told at the end", () => {
  const { written, lines, note } = start(1);
  note("a", 0);
  note("a", 1);
  lines.close();
  lines.close();
  expect(written.slice(1)).toEqual([{ name: "a", more: 1 }]);
  expect(vi.getTimerCount()).toBe(0);
});

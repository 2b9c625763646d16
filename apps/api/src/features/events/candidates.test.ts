import { parseEventQuery } from "@muniment/shared/event-query/parse.ts";
import { expect, test } from "vitest";
import { apart, chunkCondition } from "./candidates.ts";

const range = (from: number, to: number) => ({ from, to });

test.each([
  [
    [range(0, 10), range(20, 30)],
    [range(20, 30), range(5, 10)],
  ],
  [
    [range(10, 20), range(15, 30)],
    [range(15, 30), range(10, 15)],
  ],
  [[range(0, 40), range(10, 20)], [range(5, 35)]],
  [[range(30, 31), range(0, 31)], [range(5, 31)]],
  [
    [range(20, 31), range(0, 29)],
    [range(20, 31), range(5, 20)],
  ],
  [[range(0, 5), range(35, 40)], []],
])("within 5 and 35, %j are apart as %j", (ranges, expected) => {
  const parts = apart(ranges, range(5, 35));
  const length = (all: { from: number; to: number }[]) =>
    all.reduce((sum, { from, to }) => sum + to - from, 0);
  expect(length(parts)).toBe(length(expected));
  for (const [at, part] of parts.entries()) {
    expect(part.from).toBeLessThan(part.to);
    expect(part.to).toBeLessThanOrEqual(parts[at - 1]?.from ?? 35);
    expect(part.from).toBeGreaterThanOrEqual(5);
  }
  for (let time = 5; time < 35; time += 1) {
    const inside = (all: { from: number; to: number }[]) =>
      all.some(({ from, to }) => time >= from && time < to);
    expect([time, inside(parts)]).toEqual([time, inside(ranges)]);
  }
});

test.each([
  "",
  "abc",
  "maß",
  "-kernel",
  "type:ssh.*",
  "props.a.0:x",
  "props.-1:x",
  "kernel OR type:a",
])("%j asks nothing that chunks know", (query) => {
  expect(chunkCondition(parseEventQuery(query))).toBeUndefined();
});

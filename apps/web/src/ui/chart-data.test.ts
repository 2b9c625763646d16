import { expect, test } from "vitest";
import { axisEnd, type ChartSeries, peak, stack } from "./chart-data.ts";

const series = (key: string, counts: number[]): ChartSeries => ({
  key,
  label: key,
  color: "--series-1",
  counts,
  total: counts.reduce((sum, count) => sum + count, 0),
});

test("bars are stacked as running sums, the topmost drawn first", () => {
  const stacked = stack([10, 20, 30], [series("a", [1, 0, 2]), series("b", [4, 5, 0])]);
  expect(stacked).toEqual([
    [10, 20, 30],
    [5, 5, 2],
    [1, 0, 2],
  ]);
});

test.each([
  [0, 4],
  [3, 4],
  [5, 5],
  [11, 12],
  [23, 25],
  [99, 100],
  [100, 100],
  [101, 120],
  [26_000, 30_000],
])("an axis for up to %i ends at %i", (highest, end) => {
  expect(axisEnd(highest)).toBe(end);
});

test("an axis ends at a whole number at or above its data", () => {
  for (let highest = 1; highest < 100_000; highest = Math.ceil(highest * 1.17)) {
    expect(axisEnd(highest)).toBeGreaterThanOrEqual(highest);
    expect(Number.isInteger(axisEnd(highest))).toBe(true);
  }
});

test("the peak is the bucket with the greatest sum", () => {
  expect(peak([series("a", [1, 3, 2]), series("b", [3, 0, 2])], 3)).toEqual({ place: 0, count: 4 });
  expect(peak([], 3)).toEqual({ place: 0, count: 0 });
});

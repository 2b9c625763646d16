import { expect, test } from "vitest";
import { axisLabels, formatBucket } from "./chart-time.ts";

// Local times, so that the tests mean the same wherever they run.
const at = (day: number, hour = 0, minute = 0) => new Date(2026, 2, day, hour, minute).getTime();
const now = at(20);
const minute = 60_000;
const day = 86_400_000;

test("a bucket within a day names the day once", () => {
  expect(formatBucket(at(10, 6, 55), 5 * minute, now)).toBe("Mar 10, 06:55 – 07:00");
});

test("a bucket up to midnight belongs to its day", () => {
  expect(formatBucket(at(10, 23), 60 * minute, now)).toBe("Mar 10, 23:00 – 00:00");
});

test("a bucket across midnight names both days", () => {
  expect(formatBucket(at(10, 22), 360 * minute, now)).toBe("Mar 10, 22:00 – Mar 11, 04:00");
});

test("whole days need no times", () => {
  expect(formatBucket(at(10), day, now)).toBe("Mar 10");
  expect(formatBucket(at(10), 7 * day, now)).toBe("Mar 10 – Mar 16");
});

test("another year is said", () => {
  expect(formatBucket(at(10), day, new Date(2027, 0, 1).getTime())).toBe("Mar 10, 2026");
});

test("an axis says the date where it begins and where it changes", () => {
  const times = [at(10, 18), at(10, 21), at(11), at(11, 3)];
  expect(axisLabels(times, 180 * minute, now)).toEqual([
    "18:00\nMar 10",
    "21:00",
    "00:00\nMar 11",
    "03:00",
  ]);
  expect(axisLabels([at(10), at(12)], 2 * day, now)).toEqual(["Mar 10", "Mar 12"]);
});

import { afterEach, expect, test, vi } from "vitest";
import { axisLabels, formatBucket } from "./chart-time.ts";

// Local times, so that the tests mean the same wherever they run.
const at = (day: number, hour = 0, minute = 0) => new Date(2026, 2, day, hour, minute).getTime();
const now = at(20);
const minute = 60_000;
const day = 86_400_000;

afterEach(() => {
  vi.unstubAllEnvs();
  // Formats belong to the zone in which their module was loaded.
  vi.resetModules();
});

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

test.each([
  ["Europe/Berlin", "2026-10-25T00:00:00Z", "Oct 25, 02:00 GMT+2 – 02:15 GMT+2"],
  ["Europe/Berlin", "2026-10-25T00:45:00Z", "Oct 25, 02:45 GMT+2 – 02:00 GMT+1"],
  ["Europe/Berlin", "2026-10-25T01:00:00Z", "Oct 25, 02:00 GMT+1 – 02:15 GMT+1"],
  ["Europe/Berlin", "2026-10-25T01:45:00Z", "Oct 25, 02:45 GMT+1 – 03:00"],
  ["Europe/Berlin", "2026-10-24T23:30:00Z", "Oct 25, 01:30 – 01:45"],
  ["Europe/Berlin", "2026-03-29T00:45:00Z", "Mar 29, 01:45 – 03:00"],
  ["America/New_York", "2026-11-01T06:00:00Z", "Nov 1, 01:00 EST – 01:15 EST"],
  // By half an hour.
  ["Australia/Lord_Howe", "2026-04-04T14:30:00Z", "Apr 5, 01:30 GMT+11 – 01:45 GMT+11"],
  ["Australia/Lord_Howe", "2026-04-04T15:30:00Z", "Apr 5, 02:00 – 02:15"],
])("in %s the quarter from %s is told apart from any other", async (zone, start, label) => {
  vi.stubEnv("TZ", zone);
  vi.resetModules();
  const there = await import("./chart-time.ts");
  expect(there.formatBucket(Date.parse(start), 15 * minute, now)).toBe(label);
});

import type { Interval } from "@muniment/shared/events.ts";
import { expect, test } from "vitest";
import { findExtent } from "./event-extent.ts";
import { intervalMilliseconds, type Span, spanMilliseconds, toSpan } from "./event-range.ts";

const everything = toSpan(Date.UTC(2000, 0, 1), Date.UTC(2026, 10, 22));

/** Counts as the API does, with buckets on multiples of the interval since 1970. */
function counter(times: readonly number[]) {
  const asked: Span[] = [];
  const count = async (span: Span, interval: Interval) => {
    asked.push(span);
    const width = intervalMilliseconds[interval];
    const from = Date.parse(span.from);
    const to = Date.parse(span.to);
    const buckets = [];
    for (let start = Math.floor(from / width) * width; start < to; start += width) {
      const inside = times.filter((time) => time >= Math.max(start, from) && time < start + width);
      buckets.push({ start: new Date(start).toISOString(), count: inside.length });
    }
    return buckets;
  };
  return { asked, count };
}

test("finds the hours of one day among 26 years in few steps", async () => {
  const first = Date.UTC(2025, 11, 10, 6, 55, 46);
  const last = Date.UTC(2025, 11, 10, 11, 4, 45);
  const { asked, count } = counter([first, first + 7_200_000, last]);
  const found = await findExtent(count, everything);
  expect(asked.length).toBeLessThanOrEqual(4);
  expect(Date.parse(found?.from ?? "")).toBeLessThanOrEqual(first);
  expect(Date.parse(found?.to ?? "")).toBeGreaterThan(last);
  expect(found && spanMilliseconds(found)).toBeLessThan(5 * 3_600_000);
});

test("holds the first and the last event wherever they are", async () => {
  const times = [Date.UTC(2000, 0, 1), Date.UTC(2026, 10, 21, 23, 59, 59, 999)];
  const found = await findExtent(counter(times).count, everything);
  expect(Date.parse(found?.from ?? "")).toBeLessThanOrEqual(times[0] ?? 0);
  expect(Date.parse(found?.to ?? "")).toBeGreaterThan(times[1] ?? 0);
});

test("a single event is found to the minute", async () => {
  const time = Date.UTC(2013, 4, 5, 6, 7, 8);
  const found = await findExtent(counter([time]).count, everything);
  expect(Date.parse(found?.from ?? "")).toBeLessThanOrEqual(time);
  expect(found && spanMilliseconds(found)).toBeLessThanOrEqual(900_000);
});

test("nothing has no extent", async () => {
  expect(await findExtent(counter([]).count, everything)).toBeNull();
});

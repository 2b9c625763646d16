import { expect, test } from "vitest";
import { spanOfExtent } from "./event-extent.ts";

test("holds the first and the last event in whole buckets", () => {
  const extent = { oldest: "2025-12-10T06:55:46.123Z", newest: "2025-12-10T11:04:45.000Z" };
  expect(spanOfExtent(extent)).toEqual({
    from: "2025-12-10T06:55:00.000Z",
    to: "2025-12-10T11:05:00.000Z",
  });
  const years = { oldest: "2000-01-01T00:00:00.000Z", newest: "2026-11-21T23:59:59.999Z" };
  const span = spanOfExtent(years);
  expect(Date.parse(span?.from ?? "")).toBeLessThanOrEqual(Date.parse(years.oldest));
  expect(Date.parse(span?.to ?? "")).toBeGreaterThan(Date.parse(years.newest));
});

test("a single event is found to the minute, also at the end of one", () => {
  const only = "2013-05-05T06:07:59.999Z";
  expect(spanOfExtent({ oldest: only, newest: only })).toEqual({
    from: "2013-05-05T06:07:00.000Z",
    to: "2013-05-05T06:08:00.000Z",
  });
});

test("nothing has no extent", () => {
  expect(spanOfExtent({ oldest: null, newest: null })).toBeNull();
});

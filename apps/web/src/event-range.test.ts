import { intervalMilliseconds } from "@muniment/shared/events.ts";
import { describe, expect, test } from "vitest";
import {
  chooseInterval,
  isKept,
  rangeHolding,
  spanBefore,
  spanMilliseconds,
  spanOf,
  wholeBuckets,
  widen,
} from "./event-range.ts";

const now = Date.UTC(2026, 10, 21, 11, 36, 22, 500);
const day = 86_400_000;

describe("the bounds of a range that ends now", () => {
  test("cover the whole of its length and end with the present bucket", () => {
    expect(spanOf({ range: "24h" }, now)).toEqual({
      from: "2026-11-20T11:45:00.000Z",
      to: "2026-11-21T11:45:00.000Z",
    });
  });

  test("stay the same until the next bucket begins", () => {
    const start = Date.UTC(2026, 10, 21, 12);
    expect(spanOf({ range: "7d" }, start)).toEqual(spanOf({ range: "7d" }, start + 3_599_999));
    expect(spanOf({ range: "7d" }, start)).not.toEqual(spanOf({ range: "7d" }, start + 3_600_000));
  });

  test("are not needed for all there is", () => {
    expect(spanOf({ range: "all" }, now)).toBeNull();
    expect(spanOf({}, now)).toBeNull();
  });
});

test("explicit bounds win over a named range and are told in UTC", () => {
  const choice = { range: "24h", from: "2026-01-01T02:00:00+02:00", to: "2026-01-02T00:00:00Z" };
  expect(spanOf({ ...choice, range: "24h" }, now)).toEqual({
    from: "2026-01-01T00:00:00.000Z",
    to: "2026-01-02T00:00:00.000Z",
  });
});

test("a start without an end lasts until now", () => {
  expect(spanOf({ from: "2026-11-21T00:00:00Z" }, now)?.to).toBe("2026-11-21T11:37:00.000Z");
});

describe("the interval", () => {
  test.each([
    [3_600_000, "1m"],
    [day, "15m"],
    [7 * day, "1h"],
    [30 * day, "6h"],
    [365 * day, "7d"],
    [26 * 365 * day, "30d"],
  ])("of %i ms is %s", (milliseconds, interval) => {
    expect(chooseInterval(milliseconds)).toBe(interval);
  });

  test("never gives more bars than can be pointed at, up to fourteen years", () => {
    for (let length = 60_000; length < 14 * 365 * day; length *= 1.3) {
      expect(length / intervalMilliseconds[chooseInterval(length)]).toBeLessThanOrEqual(180);
    }
  });
});

test.each([
  [null, "24h"],
  [now - 60_000, "24h"],
  [now + 60_000, "24h"],
  [now - 2 * day, "7d"],
  [now - 20 * day, "30d"],
  [now - 346 * day, "all"],
])("a first look at events whose newest is at %s shows %s", (time, range) => {
  expect(rangeHolding(time, now)).toBe(range);
});

describe("zooming out", () => {
  test("goes to the next named range", () => {
    expect(widen({ range: "24h" }, now)).toEqual({ range: "7d" });
    expect(widen({ range: "30d" }, now)).toEqual({ range: "all" });
    expect(widen({ range: "all" }, now)).toEqual({ range: "all" });
  });

  test("doubles explicit bounds around their middle", () => {
    const choice = { from: "2026-01-02T00:00:00.000Z", to: "2026-01-04T00:00:00.000Z" };
    expect(widen(choice, now)).toEqual({
      from: "2026-01-01T00:00:00.000Z",
      to: "2026-01-05T00:00:00.000Z",
    });
  });

  test("ends at all there is, and always ends", () => {
    let choice = widen({ from: "2026-11-21T11:00:00.000Z", to: "2026-11-21T11:01:00.000Z" }, now);
    let steps = 0;
    while (choice.range !== "all" && steps < 40) {
      const wider = widen(choice, now);
      const before = spanOf(choice, now);
      const after = spanOf(wider, now);
      if (before && after)
        expect(spanMilliseconds(after)).toBeGreaterThan(spanMilliseconds(before));
      choice = wider;
      steps += 1;
    }
    expect(choice.range).toBe("all");
  });
});

test("a dragged part grows to whole buckets", () => {
  const at = Date.UTC(2026, 0, 1, 10, 0, 30);
  expect(wholeBuckets(at, at + 61_000, "1m")).toEqual({
    from: "2026-01-01T10:00:00.000Z",
    to: "2026-01-01T10:02:00.000Z",
  });
  expect(wholeBuckets(at, at, "1h")).toEqual({
    from: "2026-01-01T10:00:00.000Z",
    to: "2026-01-01T11:00:00.000Z",
  });
});

describe("the time before", () => {
  test("ends where the span begins, where that has whole buckets", () => {
    expect(spanBefore({ from: "2026-11-20T11:45:00Z", to: "2026-11-21T11:45:00Z" })).toEqual({
      from: "2026-11-19T11:45:00.000Z",
      to: "2026-11-20T11:45:00.000Z",
    });
  });

  test("is cut into buckets at the same places, and is as long", () => {
    // 187 minutes in buckets of five: the last one covers two minutes.
    expect(spanBefore({ from: "2026-11-21T10:00:00Z", to: "2026-11-21T13:07:00Z" })).toEqual({
      from: "2026-11-21T06:50:00.000Z",
      to: "2026-11-21T09:57:00.000Z",
    });
  });

  test("is all kept, or not, by the shorter of two retentions", () => {
    const span = { from: "2026-11-14T11:36:22.500Z", to: "2026-11-20T00:00:00Z" };
    expect(isKept(span, [null, null], now)).toBe(true);
    expect(isKept(span, [7, null], now)).toBe(true);
    expect(isKept(span, [7, 6], now)).toBe(false);
    expect(isKept(span, [null, 6], now)).toBe(false);
  });
});

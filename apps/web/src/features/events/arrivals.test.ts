import type { Event } from "@muniment/shared/events.ts";
import { expect, test } from "vitest";
import { arrive, hold, merge, miss, mostArrivals, noArrivals } from "./arrivals.ts";

const event = (id: string): Event => ({
  id,
  agentId: "a",
  type: "t",
  occurredAt: "2026-01-01T00:00:00.000Z",
  receivedAt: "2026-01-01T00:00:00.000Z",
  level: "info",
  message: null,
  subject: null,
  traceId: null,
  seq: null,
  props: {},
});
const ids = (list: { event: Event }[]) => list.map((one) => one.event.id).join("");
const events = (text: string) => [...text].map(event);

test("what comes in stands above what was loaded, newest first", () => {
  const state = arrive(arrive(noArrivals, events("cd"), 1), events("e"), 2);
  expect(ids(merge(state, events("ba")))).toBe("edcba");
});

test("an event that comes in and was loaded too is listed once", () => {
  const state = arrive(arrive(noArrivals, events("ab"), 1), events("b"), 2);
  expect(ids(merge(state, events("ba")))).toBe("ba");
});

test("while holding, new ones are counted; then they are shown", () => {
  const before = arrive(noArrivals, events("a"), 1);
  const holding = arrive(arrive(hold(before, true), events("b"), 2), events("c"), 3);
  expect(holding.held).toBe(2);
  expect(ids(merge(holding, []))).toBe("a");
  expect(ids(merge(hold(holding, false), []))).toBe("cba");
});

test("a held-back event does not show up through the loaded list either", () => {
  const holding = arrive(hold(noArrivals, true), events("b"), 1);
  expect(ids(merge(holding, events("ba")))).toBe("a");
});

test("the list of arrivals does not grow without end", () => {
  const many = Array.from({ length: mostArrivals + 5 }, (_, place) => event(String(place)));
  const state = arrive(hold(noArrivals, true), many, 1);
  expect(state.newest).toHaveLength(mostArrivals);
  expect(state.newest[0]?.event.id).toBe(String(mostArrivals + 4));
  expect(state.held).toBe(mostArrivals);
  expect(state.dropped).toBe(5);
  expect(arrive(state, events("ab"), 2).dropped).toBe(7);
});

test("what was deleted before it came is counted, as long as the server knows how many", () => {
  expect(miss(miss(noArrivals, 2), 3).deleted).toBe(5);
  expect(miss(miss(noArrivals, null), 3).deleted).toBeNull();
});

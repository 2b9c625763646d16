import type { Event } from "@muniment/shared/events.ts";
import { expect, test } from "vitest";
import { pathsIn, scalarProps, suggestPaths, typedValue } from "./prop-paths.ts";

const event = (props: Event["props"]): Event => ({
  id: "01930000-0000-7000-8000-000000000001",
  agentId: "01930000-0000-7000-8000-000000000002",
  type: "t",
  occurredAt: "2026-01-01T00:00:00.000Z",
  receivedAt: "2026-01-01T00:00:00.000Z",
  level: "info",
  message: null,
  subject: null,
  traceId: null,
  seq: null,
  props,
});

const logins = [..."aabbbcaaab"].map((address, place) =>
  event({ address, port: 50_000 + place, host: "bastion", user: place % 2 ? "root" : "admin" }),
);

test("scalar properties have dotted paths", () => {
  const props = { a: 1, b: { c: "x", d: { e: true } }, list: [1], none: null, "dotted.key": 1 };
  expect(scalarProps(props)).toEqual([
    ["a", 1],
    ["b.c", "x"],
    ["b.d.e", true],
    ["none", null],
  ]);
});

test("suggests what divides the events, not what differs every time", () => {
  const paths = suggestPaths(logins);
  expect(paths).toEqual(["user", "address", "host"]);
});

test("counts codes, but not numbers that take many values", () => {
  const answers = Array.from({ length: 60 }, (_, place) =>
    event({ status: place % 3 ? 200 : 404, bytes: Math.floor(place / 2) }),
  );
  expect(suggestPaths(answers)).toEqual(["status"]);
});

test("an empty property is as good as none", () => {
  const events = [event({ note: null, a: 1 }), event({ note: null, a: 1 })];
  expect(suggestPaths(events)).toEqual(["a"]);
});

test("suggests nothing of no events, and nothing seen once", () => {
  expect(suggestPaths([])).toEqual([]);
  expect(suggestPaths([event({ a: 1 }), event({ b: 1 })])).toEqual([]);
});

test("lists every path, the most frequent first", () => {
  expect(pathsIn([event({ b: 1, a: 1 }), event({ b: 2 })])).toEqual(["b", "a"]);
});

test("gives a counted text the type that the events hold", () => {
  expect(typedValue(logins, "port", "50001")).toBe(50_001);
  expect(typedValue(logins, "address", "a")).toBe("a");
  expect(typedValue(logins, "port", "1")).toBe("1");
});

test("a text that was cut stands for the whole value, or for none", () => {
  const agent = "x".repeat(300);
  expect(typedValue([event({ agent })], "agent", agent.slice(0, 256))).toBe(agent);
  expect(typedValue(logins, "agent", agent.slice(0, 256))).toBeUndefined();
});

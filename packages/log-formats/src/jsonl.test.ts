import { expect, test } from "vitest";
import { readJsonLine } from "./jsonl.ts";

function jsonOf(text: string): string {
  const reading = readJsonLine(text);
  if (reading.kind !== "event") throw new Error(`${reading.kind}: ${text}`);
  return reading.json(() => "made");
}

test("an event without an id gets one, and is otherwise the text it was", () => {
  expect(jsonOf('{"type":"a"}')).toBe('{"id":"made","type":"a"}');
  expect(jsonOf(" { } ")).toBe('{"id":"made" }');
});

test("an event's own id stays, also one the server will refuse", () => {
  expect(jsonOf('{"type":"a","id":"x"}')).toBe('{"type":"a","id":"x"}');
  expect(jsonOf('{"id":null}')).toBe('{"id":null}');
});

test("what JavaScript would round, merge or reinterpret is passed on as written", () => {
  const text = '{"id":"x","props":{"n":9007199254740993,"n":1e400,"__proto__":{"a":"\\ud800"}}}';
  expect(jsonOf(text)).toBe(text);
});

test("only a full time with a zone dates an event", () => {
  expect(readJsonLine('{"occurredAt":"2026-01-01T02:00:00.5+02:00"}')).toMatchObject({
    occurredAt: Date.UTC(2026, 0, 1, 0, 0, 0, 500),
  });
  for (const time of ['"2026-01-01"', '"2026-01-01T00:00:00"', "1", '"2026-13-01T00:00:00Z"']) {
    expect(readJsonLine(`{"occurredAt":${time}}`)).not.toHaveProperty("occurredAt");
  }
});

test("a blank line is blank", () => {
  expect(readJsonLine(" \t\r")).toEqual({ kind: "blank" });
});

test.each(["[]", "1", '"a"', "null"])("%s is not an event", (text) => {
  expect(readJsonLine(text)).toMatchObject({ kind: "unreadable", reason: "not_an_object" });
});

test.each(["{", "{} {}", "{'a':1}", '{"a":"\u0001"}', "Mar  3"])("%s is not JSON", (text) => {
  expect(readJsonLine(text)).toMatchObject({ kind: "unreadable", reason: "not_json" });
});

test("nesting without end is passed on or refused, and never throws", () => {
  const deep = `{"props":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  expect(["event", "unreadable"]).toContain(readJsonLine(deep).kind);
});

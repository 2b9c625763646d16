import { printEventQuery } from "@muniment/shared/event-query/print.ts";
import type { EventQuery, EventTest, Scalar } from "@muniment/shared/event-query/query.ts";
import { describe, expect, test } from "vitest";
import { readQuery, testOf } from "../../event-query.ts";
import { askFor, askForOthers, asksFor, propsIn, stopAsking } from "./query-terms.ts";

function read(text: string): EventQuery {
  const { query } = readQuery(text);
  if (!query) throw new Error(`cannot be read: ${text}`);
  return query;
}

function value(field: string, one: Scalar): EventTest {
  const found = testOf(field, one);
  if (!found) throw new Error(`no query asks for ${field} ${one}`);
  return found;
}

const printed = (query: EventQuery | undefined) => query && printEventQuery(query);

describe("asking for a value", () => {
  test.each([
    ["", "type", "a", "type:a"],
    ["type:a", "type", "b", "type:a OR type:b"],
    ["type:a root", "type", "b", "(type:a OR type:b) root"],
    ["level:warn", "level", "error", "level:warn OR level:error"],
    ["agent:web", "agentId", "my shop", 'agent:web OR agent:"my shop"'],
    ["subject:a root", "subject", "b", "subject:b root"],
    ["props.user:root props.port=22", "props.user", "admin", "props.user:admin props.port=22"],
    ["-type:a", "type", "a", "type:a"],
    ["(type:a OR level:warn)", "type", "b", "(type:a OR level:warn) type:b"],
    ["subject:a*", "subject", "b", "subject:b"],
    ["subject:*", "subject", "b", "subject:* subject:b"],
  ])("%s and %s %s is %s", (query, field, one, expected) => {
    const test = value(field, one);
    const asked = askFor(read(query), test);
    expect(printed(asked)).toBe(expected);
    expect(asked && asksFor(asked, test)).toBe(true);
  });

  test("is not possible beyond what a query may hold", () => {
    const full = read(Array.from({ length: 64 }, (_, n) => `props.a${n}:x`).join(" "));
    expect(askFor(full, value("type", "a"))).toBeUndefined();
    expect(askForOthers(full, value("type", "a"))).toBeUndefined();
  });
});

test.each([
  ["type:a root", "type", "a", "root"],
  ["type:a OR type:b", "type", "a", "type:b"],
  ["-type:a root", "type", "a", "root"],
  ["type:a OR root", "type", "a", "type:a OR root"],
  ["props.port=22", "props.port", 22, ""],
])("without %s: %s %s is gone, %s is left", (query, field, one, expected) => {
  expect(printed(stopAsking(read(query), value(field, one)))).toBe(expected);
});

test.each([
  ["type:a root", "type", "a", "root -type:a"],
  ["type:b", "type", "a", "type:b -type:a"],
  ["", "subject", "user:42", "-subject:user:42"],
])("%s but not %s %s is %s", (query, field, one, expected) => {
  expect(printed(askForOthers(read(query), value(field, one)))).toBe(expected);
});

test.each([
  ["type", "Not A Type"],
  ["level", "loud"],
  ["subject", ""],
  ["subject", null],
  ["props.", "x"],
  ["other", "x"],
])("no query asks for %s %s", (field, one) => {
  expect(testOf(field, one)).toBeUndefined();
});

test("knows the properties that a query asks about, wherever they stand", () => {
  expect(propsIn(read("root (props.a:1 OR -props.b.c>2)"))).toEqual(["a", "b.c"]);
});

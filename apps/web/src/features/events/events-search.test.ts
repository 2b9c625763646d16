import { expect, test } from "vitest";
import { eventsSearch, filtersOf, hasTime } from "./events-search.ts";

const agentId = "01930000-0000-7000-8000-000000000001";

test("keeps what the address may hold", () => {
  const search = {
    agentId,
    types: ["ssh.login.failed", "http.*"],
    levels: ["warn"],
    subject: "user:42",
    traceId: "4bf92f35",
    text: "Failed password",
    props: [
      { op: "eq", path: "address", value: "192.0.2.1" },
      { op: "exists", path: "user" },
    ],
    range: "7d",
    by: "props.address",
    facets: ["props.user"],
    event: agentId,
    live: true,
  };
  expect(eventsSearch.parse(search)).toEqual(search);
});

test("drops what does not fit and keeps the rest", () => {
  const search = eventsSearch.parse({
    agentId: "x",
    types: [],
    levels: ["loud"],
    subject: "x".repeat(257),
    props: [{ op: "eq", path: "", value: {} }],
    range: "yesterday",
    from: "not a time",
    by: "props.a b",
    event: 7,
    live: "yes",
    text: "kept",
  });
  expect(Object.values(search).filter((value) => value !== undefined)).toEqual(["kept"]);
});

test("reads a number as the text that somebody typed without quotes", () => {
  expect(eventsSearch.parse({ text: 42, traceId: 7 })).toMatchObject({ text: "42", traceId: "7" });
});

test("the filters are what is asked for and nothing else", () => {
  const search = eventsSearch.parse({ text: "a", range: "24h", by: "type", event: agentId });
  expect(filtersOf(search)).toEqual({ text: "a" });
  expect(filtersOf(eventsSearch.parse({}))).toEqual({});
});

test.each([
  [{}, false],
  [{ range: "24h" }, true],
  [{ from: "2026-01-01T00:00:00Z" }, true],
  [{ to: "2026-01-01T00:00:00Z" }, true],
])("whether %o says which times to show: %s", (search, expected) => {
  expect(hasTime(eventsSearch.parse(search))).toBe(expected);
});

import { expect, test } from "vitest";
import { eventsSearch, filtersOf, hasTime } from "./events-search.ts";

const agentId = "01930000-0000-7000-8000-000000000001";

test("keeps what the address may hold", () => {
  const search = {
    query: 'type:ssh.* level>=warn props.address:192.0.2.1 "Failed password"',
    range: "7d",
    by: "props.address",
    compare: true,
    facets: ["props.user"],
    event: agentId,
    live: true,
  };
  expect(eventsSearch.parse(search)).toEqual(search);
});

test("drops what does not fit and keeps the rest", () => {
  const search = eventsSearch.parse({
    range: "yesterday",
    from: "not a time",
    by: "props.a b",
    event: 7,
    live: "yes",
    compare: 1,
    query: "kept",
  });
  expect(Object.values(search).filter((value) => value !== undefined)).toEqual(["kept"]);
  expect(eventsSearch.parse({ query: "x".repeat(2049) }).query).toBeUndefined();
});

test("reads a number as the text that somebody typed without quotes", () => {
  expect(eventsSearch.parse({ query: 42 })).toMatchObject({ query: "42" });
});

test("the filters are the query and nothing else", () => {
  const search = eventsSearch.parse({ query: "a", range: "24h", by: "type", event: agentId });
  expect(filtersOf(search)).toEqual({ query: "a" });
  expect(filtersOf(eventsSearch.parse({}))).toEqual({});
  expect(filtersOf(eventsSearch.parse({ query: " " }))).toEqual({});
});

test.each([
  [{}, false],
  [{ range: "24h" }, true],
  [{ from: "2026-01-01T00:00:00Z" }, true],
  [{ to: "2026-01-01T00:00:00Z" }, true],
])("whether %o says which times to show: %s", (search, expected) => {
  expect(hasTime(eventsSearch.parse(search))).toBe(expected);
});

import { describe, expect, test } from "vitest";
import { leastTime } from "../../../../test/least-time.ts";
import { parseEventQuery } from "./parse.ts";
import { EventQueryError } from "./query.ts";

const problemOf = (text: string) => {
  try {
    parseEventQuery(text);
  } catch (error) {
    if (error instanceof EventQueryError) return error.problem;
    throw error;
  }
  throw new Error(`${text} was read`);
};

test("reads every kind of term", () => {
  expect(
    parseEventQuery(
      'type:ssh.* level>=warn props.user:root props.port>1024 -agent:web "invalid user" since:24h',
    ),
  ).toEqual({
    kind: "and",
    parts: [
      { kind: "field", field: "type", op: "prefix", value: "ssh." },
      { kind: "level", op: ">=", level: "warn" },
      { kind: "prop", path: "user", op: "any", values: ["root"] },
      { kind: "prop", path: "port", op: ">", value: 1024 },
      { kind: "not", part: { kind: "agent", agent: "web" } },
      { kind: "text", value: "invalid user" },
      { kind: "time", bound: "since", ago: 24, unit: "h" },
    ],
  });
});

test.each([
  ["", { kind: "and", parts: [] }],
  ["   \n", { kind: "and", parts: [] }],
  ["(type:a)", { kind: "field", field: "type", op: "eq", value: "a" }],
  ["subject:user:42", { kind: "field", field: "subject", op: "eq", value: "user:42" }],
  ['subject:"user 4*"', { kind: "field", field: "subject", op: "eq", value: "user 4*" }],
  ["trace:*", { kind: "field", field: "trace", op: "exists" }],
  [
    "props.request.status:500",
    { kind: "prop", path: "request.status", op: "any", values: [500, "500"] },
  ],
  [
    'props.request.status:"500"',
    { kind: "prop", path: "request.status", op: "any", values: ["500"] },
  ],
  ["props.ok=true", { kind: "prop", path: "ok", op: "any", values: [true] }],
  ["props.x=null", { kind: "prop", path: "x", op: "any", values: [null] }],
  ['props."odd (key)":*', { kind: "prop", path: "odd (key)", op: "exists" }],
  ["props.n<=-1.5e3", { kind: "prop", path: "n", op: "<=", value: -1500 }],
  ["until:2026-01-31", { kind: "time", bound: "until", at: "2026-01-31T00:00:00.000Z" }],
  [
    "since:2026-01-31T08:00+02:00",
    { kind: "time", bound: "since", at: "2026-01-31T06:00:00.000Z" },
  ],
  ["12:30", { kind: "text", value: "12:30" }],
  ["kernel.panic", { kind: "text", value: "kernel.panic" }],
  ['"say \\"hi\\" \\\\"', { kind: "text", value: 'say "hi" \\' }],
  ["or", { kind: "text", value: "or" }],
])("%s", (text, query) => {
  expect(parseEventQuery(text)).toEqual(query);
});

test("OR binds weaker than terms beside each other, and parentheses group", () => {
  const [a, b, c] = ["a", "b", "c"].map((value) => ({ kind: "text", value }));
  expect(parseEventQuery("a b OR c")).toEqual({
    kind: "or",
    parts: [{ kind: "and", parts: [a, b] }, c],
  });
  expect(parseEventQuery("a AND (b OR c)")).toEqual({
    kind: "and",
    parts: [a, { kind: "or", parts: [b, c] }],
  });
  expect(parseEventQuery("NOT (a -b)")).toEqual({
    kind: "not",
    part: { kind: "and", parts: [a, { kind: "not", part: b }] },
  });
});

describe("what is wrong is answered with its place and what was expected", () => {
  test.each([
    ["level:loud", 6, "a level: debug, info, warn, error, critical"],
    ["type:a OR level>=", 17, "a value"],
    ["type:SSH", 5, "a type of"],
    ["type>a", 4, ":"],
    ["port>1024", 0, "props.port"],
    ["color:red", 0, "one of the fields type, level"],
    ["http://x", 0, "one of the fields"],
    ["props:x", 5, "the path of a property"],
    ["props.:x", 6, "a path of 1 to 256"],
    ["props.a", 7, ": = < > <= or >="],
    ["props.a>big", 8, "a number"],
    ["props.a>1e400", 8, "a number that a double can hold"],
    ["props.a=big", 8, "a quoted text"],
    ['"never closed', 13, 'a closing "'],
    ['"a"b', 3, "a space before the next term"],
    ["(a", 2, "a closing )"],
    ["a)", 1, "an opening ("],
    ["()", 1, "a term"],
    ["a OR", 4, "a term"],
    ["OR a", 0, "a term"],
    ["a AND", 5, "a term"],
    ["AND a", 0, "a term before AND"],
    ["- a", 1, "a term directly behind -"],
    ["-", 1, "a term directly behind -"],
    ["NOT", 3, "a term after NOT"],
    ["a NOT ", 6, "a term after NOT"],
    ["(NOT) a", 4, "a term after NOT"],
    ["since:yesterday", 6, "a time such as"],
    ["since:2026-02-30", 6, "a time such as"],
    ["a OR since:1h", 0, "since and until outside"],
    ["-since:1h", 1, "since outside"],
    ["(since:1h a)", 1, "since outside"],
    ["\ud800", 0, "text an event can hold"],
    ["a\0b", 0, "text an event can hold"],
  ])("%j", (text, position, expected) => {
    const problem = problemOf(text);
    expect(problem.position).toBe(position);
    expect(problem.expected).toContain(expected);
  });
});

test("is bounded in length, terms and depth, and reads anything within a moment", async () => {
  expect(problemOf(`${"a ".repeat(10_000)}`).expected).toBe("at most 2048 characters");
  expect(problemOf("a ".repeat(65)).expected).toBe("at most 64 terms");
  expect(problemOf("(".repeat(1000)).expected).toBe("at most 8 levels");
  expect(problemOf("-".repeat(1000)).expected).toBe("at most 8 levels");
  const readAll = () => {
    for (const text of ["(a+)+$", "%_%_%", "\\", ".*", "'; drop table events", "a".repeat(256)]) {
      try {
        parseEventQuery(text);
      } catch (error) {
        expect(error).toBeInstanceOf(EventQueryError);
      }
    }
  };
  expect(await leastTime(1000, readAll)).toBeLessThan(1000);
});

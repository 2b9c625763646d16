import fc from "fast-check";
import { expect, test } from "vitest";
import { eventLevels } from "../events.ts";
import { parseEventQuery } from "./parse.ts";
import { printEventQuery } from "./print.ts";
import { type EventQuery, EventQueryError, type EventTest } from "./query.ts";

const wellFormed = (max: number) =>
  fc
    .oneof(
      fc.string({ minLength: 1, maxLength: max }),
      fc.string({ unit: "binary", minLength: 1, maxLength: max }),
      fc.constantFrom(
        "OR",
        "NOT",
        "-x",
        "type.x",
        "props.y",
        "a:b",
        '"',
        "\\",
        "*",
        "a*",
        "(",
        "12",
        "null",
      ),
    )
    .filter((text) => text.isWellFormed() && !text.includes("\0") && text.length <= max);
const comparison = fc.constantFrom(">" as const, ">=" as const, "<" as const, "<=" as const);
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n));
const path = wellFormed(20);

const tests: fc.Arbitrary<EventTest> = fc.oneof(
  fc.record({
    kind: fc.constant("field" as const),
    field: fc.constantFrom("subject" as const, "trace" as const),
    op: fc.constant("eq" as const),
    value: wellFormed(40),
  }),
  fc.record({
    kind: fc.constant("field" as const),
    field: fc.constant("type" as const),
    op: fc.constantFrom("eq" as const, "prefix" as const),
    value: fc.stringMatching(/^[a-z0-9._:-]{1,20}$/),
  }),
  fc.constantFrom<EventTest>(
    { kind: "field", field: "trace", op: "exists" },
    { kind: "field", field: "subject", op: "exists" },
  ),
  fc.record({
    kind: fc.constant("level" as const),
    op: fc.oneof(comparison, fc.constant("=" as const)),
    level: fc.constantFrom(...eventLevels),
  }),
  fc.record({ kind: fc.constant("agent" as const), agent: wellFormed(40) }),
  fc.record({ kind: fc.constant("text" as const), value: wellFormed(40) }),
  fc.record({ kind: fc.constant("prop" as const), path, op: fc.constant("exists" as const) }),
  fc.record({ kind: fc.constant("prop" as const), path, op: comparison, value: number }),
  fc.record({
    kind: fc.constant("prop" as const),
    path,
    op: fc.constant("any" as const),
    values: fc.oneof(
      fc.tuple(fc.oneof(wellFormed(40), number, fc.boolean(), fc.constant(null))),
      number.map((n) => [n, String(n)] as const),
    ),
  }),
);

/** Depth at most three; `and` and `or` have at least two parts, as they are read. */
const queries = fc.letrec<{ query: EventQuery }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3 },
    tests,
    fc.record({ kind: fc.constant("not" as const), part: tie("query") }),
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const),
      parts: fc.array(tie("query"), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).query;

test("what is printed is read again as the same query", () => {
  fc.assert(
    fc.property(queries, (query) => {
      const text = printEventQuery(query);
      fc.pre(text.length <= 2048);
      expect(parseEventQuery(text)).toEqual(query);
    }),
    { numRuns: 500 },
  );
});

test("any text is read, or refused with a place within it", () => {
  const words = fc.constantFrom(
    "type:",
    "level>=",
    "props.",
    "since:",
    "(",
    ")",
    "-",
    '"',
    "OR ",
    " ",
    "a",
    "*",
    "warn",
    "1h",
    ":",
    "\\",
  );
  const texts = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.array(words, { maxLength: 20 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const query = parseEventQuery(text);
        expect(parseEventQuery(printEventQuery(query))).toEqual(query);
      } catch (error) {
        if (!(error instanceof EventQueryError)) throw error;
        expect(error.problem.position).toBeLessThanOrEqual(text.length);
        expect(error.problem.expected).not.toBe("");
      }
    }),
    { numRuns: 2000 },
  );
});

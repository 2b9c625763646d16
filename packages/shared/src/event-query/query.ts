import type { EventLevel } from "../events.ts";

/** What a property can be compared with. */
export type Scalar = string | number | boolean | null;
export type Comparison = ">" | ">=" | "<" | "<=";

/** How a field with text is tested; `prefix` holds what stands before the `*`. */
export type TextField = "type" | "subject" | "trace";
export type FieldTest = { kind: "field"; field: TextField } & (
  | { op: "eq" | "prefix"; value: string }
  | { op: "exists" }
);

/** `path` is dotted; `any` passes when the value equals one of its members. */
export type PropTest = { kind: "prop"; path: string } & (
  | { op: "any"; values: readonly Scalar[] }
  | { op: "exists" }
  | { op: Comparison; value: number }
);

/** A bound of `occurredAt`: `since` inclusive, `until` exclusive. */
export type TimeTest = { kind: "time"; bound: "since" | "until" } & (
  | { at: string }
  | { ago: number; unit: TimeUnit }
);
export const timeUnits = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
export type TimeUnit = keyof typeof timeUnits;

/** One thing that is asked of an event. */
export type EventTest =
  | FieldTest
  | PropTest
  | TimeTest
  | { kind: "level"; op: "=" | Comparison; level: EventLevel }
  /** An id, or a name that the server looks up. */
  | { kind: "agent"; agent: string }
  /** A part of the message, in upper or lower case. */
  | { kind: "text"; value: string };

/** What a query asks; `and` of nothing passes every event. Times stand only at the top. */
export type EventQuery =
  | EventTest
  | { kind: "not"; part: EventQuery }
  | { kind: "and" | "or"; parts: readonly EventQuery[] };

/** Bounds of a query's text, in UTF-16 units, of its tests, and of its parentheses and negations. */
export const queryBounds = { length: 2048, tests: 64, depth: 8 } as const;

/** A query that cannot be read: where, in UTF-16 units from its begin, and what should stand there. */
export type QueryProblem = { position: number; expected: string };

export class EventQueryError extends Error {
  readonly problem: QueryProblem;

  constructor(problem: QueryProblem) {
    super(`At character ${problem.position + 1}: expected ${problem.expected}.`);
    this.problem = problem;
  }
}

export const tooLong: QueryProblem = {
  position: queryBounds.length,
  expected: `at most ${queryBounds.length} characters`,
};

import { parseEventQuery } from "@muniment/shared/event-query/parse.ts";
import { printEventQuery } from "@muniment/shared/event-query/print.ts";
import {
  type EventQuery,
  EventQueryError,
  type EventTest,
  type QueryProblem,
  type Scalar,
} from "@muniment/shared/event-query/query.ts";
import { eventLevels } from "@muniment/shared/events.ts";

/** A query's text as it is read, or why it cannot be. */
export type ReadQuery =
  | { query: EventQuery; problem: null }
  | { query: null; problem: QueryProblem };

export function readQuery(text: string): ReadQuery {
  try {
    return { query: parseEventQuery(text), problem: null };
  } catch (error) {
    if (!(error instanceof EventQueryError)) throw error;
    return { query: null, problem: error.problem };
  }
}

/** The path within the properties that a field stands for; null for the fixed fields. */
export function propPath(field: string): string | null {
  return field.startsWith("props.") ? field.slice("props.".length) : null;
}

const textFields = { type: "type", subject: "subject", traceId: "trace" } as const;

function builtTest(field: string, value: Scalar): EventTest | undefined {
  const path = propPath(field);
  if (path !== null) return { kind: "prop", path, op: "any", values: [value] };
  if (typeof value !== "string") return undefined;
  const level = eventLevels.find((one) => one === value);
  if (field === "level") return level && { kind: "level", op: "=", level };
  if (field === "agentId") return { kind: "agent", agent: value };
  const [, name] = Object.entries(textFields).find(([one]) => one === field) ?? [];
  return name && { kind: "field", field: name, op: "eq", value };
}

/** What asks for a value of a field such as `type`, `agentId` or `props.user`; undefined when no query can. */
export function testOf(field: string, value: Scalar): EventTest | undefined {
  const test = builtTest(field, value);
  return test && readQuery(printEventQuery(test)).problem === null ? test : undefined;
}

/** The query for a value of a field, as the address of the page holds it. */
export function valueQuery(field: string, value: Scalar): string | undefined {
  const test = testOf(field, value);
  return test && printEventQuery(test);
}

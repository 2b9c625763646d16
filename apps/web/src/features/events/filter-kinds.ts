import type { EventTest, Scalar } from "@muniment/shared/event-query/query.ts";
import { readQuery, testOf } from "../../event-query.ts";

export type FilterKind = {
  name: string;
  hint?: string;
  /** Said when there is no term for the value. */
  problem: string;
  /** The term of the query; undefined when the value cannot be asked for. */
  term: (value: string, path: string) => EventTest | undefined;
};

/** A field that may be given with a `*` at its end. */
const orPrefix = (field: string, name: string) => (value: string) => {
  const { query } = readQuery(`${name}:${value}`);
  const isPrefix = value.endsWith("*") && query?.kind === "field" && query.op !== "eq";
  return isPrefix ? query : testOf(field, value);
};

/** What can be asked for by hand, in the order of the menu. */
export const filterKinds = [
  {
    name: "Type",
    hint: "A whole type, or its start with * at the end: ssh.login.*",
    problem: "lower-case letters, digits and . _ : - only, with * at the end if at all",
    term: orPrefix("type", "type"),
  },
  { name: "Level", problem: "choose a level", term: (value) => testOf("level", value) },
  {
    name: "Agent",
    problem: "choose an agent",
    term: (value) => (value === "" ? undefined : testOf("agentId", value)),
  },
  {
    name: "Property",
    hint: 'Exactly this value. 42, true and null mean themselves; "42" in quotes is text.',
    problem: "a path and a value are needed",
    term: (value, path) =>
      path === "" || value === ""
        ? undefined
        : testOf(`props.${path.replace(/^props\./, "")}`, scalarOf(value)),
  },
  {
    name: "Subject",
    hint: "The whole subject: user:42, or its start with * at the end",
    problem: "1 to 256 characters",
    term: orPrefix("subject", "subject"),
  },
  {
    name: "Trace id",
    hint: "The whole id, or its start with * at the end",
    problem: "1 to 128 characters",
    term: orPrefix("traceId", "trace"),
  },
] as const satisfies readonly [FilterKind, ...FilterKind[]];

/** What a typed value means: `42`, `true` and `null` themselves, `"42"` in quotes text, all else text. */
export function scalarOf(typed: string): Scalar {
  try {
    const parsed: unknown = JSON.parse(typed);
    if (parsed === null || typeof parsed === "boolean" || typeof parsed === "string") return parsed;
    if (typeof parsed === "number" && Number.isFinite(parsed)) return parsed;
  } catch {
    // Not JSON: text as it stands.
  }
  return typed;
}

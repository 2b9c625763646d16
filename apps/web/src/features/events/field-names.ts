import { printEventQuery } from "@muniment/shared/event-query/print.ts";
import type { EventQuery, EventTest, Scalar } from "@muniment/shared/event-query/query.ts";
import { useQueryNames } from "../../agent-names.ts";
import { propPath, testOf } from "../../event-query.ts";
import { askFor, askForOthers, asksFor, stopAsking } from "./query-terms.ts";
import { useAsked, useUpdate } from "./use-explorer.ts";

const fixedNames: Record<string, string> = {
  level: "level",
  type: "type",
  agentId: "agent",
  subject: "subject",
  traceId: "trace",
};

/** A field as people know it: `agent`, or the path of a property. */
export function fieldLabel(field: string): string {
  return fixedNames[field] ?? propPath(field) ?? field;
}

export type ValueActions = {
  /** Whether the query asks for the value. */
  chosen: boolean;
  /** Makes the query ask for the value, or stop asking. */
  toggle: { label: string; run: () => void };
  /** Makes the query ask for all others; undefined when it cannot. */
  exclude: { label: string; run: () => void } | undefined;
};

/** What can be done with a value of a field; undefined when no query can ask for it. */
export function useFieldFilter() {
  const { query } = useAsked();
  const update = useUpdate();
  const nameOf = useQueryNames();
  return (field: string, value: Scalar): ValueActions | undefined => {
    if (query === null) return undefined;
    const isAgent = field === "agentId" && typeof value === "string";
    const test = testOf(field, isAgent ? nameOf(value) : value);
    if (!test) return undefined;
    // An agent may be asked for by its id as well.
    const same = [test, isAgent ? testOf(field, value) : undefined].filter(
      (one) => one !== undefined,
    );
    const set = (next: EventQuery) => () => update({ query: printEventQuery(next) || undefined });
    const chosen = same.some((one) => asksFor(query, one));
    const without = same.reduce<EventQuery>((rest, one: EventTest) => stopAsking(rest, one), query);
    const next = chosen ? without : askFor(query, test);
    const others = askForOthers(without, test);
    return (
      next && {
        chosen,
        toggle: { label: chosen ? "Remove the filter" : "Show only", run: set(next) },
        exclude: others && { label: "Show all but", run: set(others) },
      }
    );
  };
}

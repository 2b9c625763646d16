import type { EventFilters } from "../../event-timeline.ts";
import { askedValues, filled, type Scalar, stopAsking } from "./field-filters.ts";

export type Chip = {
  key: string;
  /** What is asked for: a field's name. */
  name: string;
  value: string;
  /** The filters without it. */
  without: EventFilters;
};

const fields = [
  { field: "type", name: "type" },
  { field: "level", name: "level" },
  { field: "agentId", name: "agent" },
  { field: "subject", name: "subject" },
  { field: "traceId", name: "trace" },
] as const;

/** Everything that the filters ask for except the text, which has a box of its own. */
export function chipsOf(filters: EventFilters, agentName: (id: string) => string): Chip[] {
  const fixed = fields.flatMap(({ field, name }) =>
    askedValues(filters, field).map((value) => ({
      key: `${field} ${value}`,
      name,
      value: field === "agentId" ? agentName(String(value)) : String(value),
      without: stopAsking(filters, field, value),
    })),
  );
  const props = (filters.props ?? []).map((one, place) => {
    const others = filters.props?.filter((_, other) => other !== place);
    return {
      key: `props ${JSON.stringify(one)}`,
      name: one.path,
      value: one.op === "eq" ? written(one.value) : "is present",
      without: { ...filters, props: filled(others) },
    };
  });
  return [...fixed, ...props];
}

/** A property's value as a person types it: text as it stands, unless it could be read as something else. */
export function written(value: Scalar): string {
  return typeof value === "string" && scalarOf(value) === value ? value : JSON.stringify(value);
}

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

import type { Event, EventFilters, PropFilter } from "@muniment/shared/events.ts";
import { matchesType } from "./type-pattern.ts";

/** Lower case one character at a time, as PostgreSQL's lower() does. */
function lower(text: string): string {
  let lowered = "";
  for (const character of text) {
    const small = character.toLowerCase();
    // U+0130 is the only one that becomes two characters; its simple mapping is i (Unicode, UnicodeData.txt).
    lowered += character === "\u0130" ? "i" : small;
  }
  return lowered;
}

const integer = /^[ \t\n\v\f\r]*[+-]?\d+$/;

/** One step of PostgreSQL's `#>`: a member of an object, or an item of an array, from its end if negative. */
function step(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return integer.test(key) ? value.at(Number(key)) : undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function matchesProp(props: unknown, filter: PropFilter): boolean {
  const value = filter.path.split(".").reduce(step, props);
  return filter.op === "exists" ? value !== undefined : value === filter.value;
}

/** Whether an event passes the filters; the same as `filterConditions` in SQL. */
export function matches(filters: EventFilters, event: Event): boolean {
  const { agentId, types, levels, subject, traceId, text, props } = filters;
  return (
    (agentId === undefined || event.agentId === agentId) &&
    (!types || types.some((pattern) => matchesType(pattern, event.type))) &&
    (!levels || levels.includes(event.level)) &&
    (subject === undefined || event.subject === subject) &&
    (traceId === undefined || event.traceId === traceId) &&
    (text === undefined ||
      (event.message !== null && lower(event.message).includes(lower(text)))) &&
    (!props || props.every((filter) => matchesProp(event.props, filter)))
  );
}

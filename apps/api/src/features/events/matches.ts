import type {
  EventQuery,
  EventTest,
  FieldTest,
  PropTest,
} from "@muniment/shared/event-query/query.ts";
import { type Event, eventLevels } from "@muniment/shared/events.ts";

const ascii = /^[\0-\x7f]*$/;

/** Lower case one character at a time, as PostgreSQL's lower() does. */
export function lower(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
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

function compare(a: number, operator: ">" | ">=" | "<" | "<=", b: number): boolean {
  if (operator === ">") return a > b;
  if (operator === ">=") return a >= b;
  return operator === "<" ? a < b : a <= b;
}

function matchesProp(test: PropTest, event: Event): boolean {
  const value = test.path.split(".").reduce(step, event.props as unknown);
  if (test.op === "exists") return value !== undefined;
  if (test.op === "any") return test.values.some((one) => one === value);
  return typeof value === "number" && compare(value, test.op, test.value);
}

function matchesField(test: FieldTest, event: Event): boolean {
  const value = { type: event.type, subject: event.subject, trace: event.traceId }[test.field];
  if (value === null) return false;
  if (test.op === "exists") return true;
  return test.op === "eq" ? value === test.value : value.startsWith(test.value);
}

function matchesTest(test: EventTest, event: Event): boolean {
  switch (test.kind) {
    case "field":
      return matchesField(test, event);
    case "prop":
      return matchesProp(test, event);
    case "level": {
      const [level, asked] = [event.level, test.level].map((name) => eventLevels.indexOf(name));
      if (level === undefined || asked === undefined) return false;
      return test.op === "=" ? level === asked : compare(level, test.op, asked);
    }
    case "agent":
      return event.agentId === test.agent;
    case "text":
      return event.message !== null && lower(event.message).includes(lower(test.value));
    case "time":
      throw new Error("times belong to the range");
  }
}

/** Whether an event passes a query; the same as `conditionOf` in SQL. */
export function matches(query: EventQuery, event: Event): boolean {
  switch (query.kind) {
    case "and":
      return query.parts.every((part) => matches(part, event));
    case "or":
      return query.parts.some((part) => matches(part, event));
    case "not":
      return !matches(query.part, event);
    default:
      return matchesTest(query, event);
  }
}

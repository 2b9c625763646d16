import { printEventQuery } from "@muniment/shared/event-query/print.ts";
import type { EventQuery, EventTest } from "@muniment/shared/event-query/query.ts";
import { readQuery } from "../../event-query.ts";

/** Of these, one query may ask for several values at once, of which an event must have one. */
const severalAllowed = new Set(["type", "level", "agent"]);

const termsOf = (query: EventQuery) => (query.kind === "and" ? query.parts : [query]);
const alternatives = (term: EventQuery) => (term.kind === "or" ? term.parts : [term]);
const isSame = (a: EventQuery, b: EventQuery) => printEventQuery(a) === printEventQuery(b);

/** The field that a term asks one value of; null for any other term. */
function fieldOf(term: EventQuery): string | null {
  switch (term.kind) {
    case "field":
      return term.op === "exists" ? null : term.field;
    case "level":
      return term.op === "=" ? "level" : null;
    case "agent":
      return "agent";
    case "prop":
      return term.op === "any" ? `props.${term.path}` : null;
    default:
      return null;
  }
}

/** Whether a term is nothing but values of a field: `type:a`, or `type:a OR type:b`. */
const isOf = (term: EventQuery, field: string | null) =>
  field !== null && alternatives(term).every((one) => fieldOf(one) === field);

function joined(kind: "and" | "or", parts: readonly EventQuery[]): EventQuery {
  const [only] = parts;
  return parts.length === 1 && only ? only : { kind, parts };
}

/** The query if it can be read again, which one beyond the bounds cannot. */
function checked(query: EventQuery): EventQuery | undefined {
  return readQuery(printEventQuery(query)).problem === null ? query : undefined;
}

/** Whether the query asks for just this, or for it among other values of the field. */
export function asksFor(query: EventQuery, test: EventTest): boolean {
  return termsOf(query).some(
    (term) => isOf(term, fieldOf(test)) && alternatives(term).some((one) => isSame(one, test)),
  );
}

/** The query that no longer asks for this, neither to have nor to lack it. */
export function stopAsking(query: EventQuery, test: EventTest): EventQuery {
  const terms = termsOf(query).flatMap((term): EventQuery[] => {
    if (isSame(term, { kind: "not", part: test })) return [];
    if (!isOf(term, fieldOf(test))) return [term];
    const rest = alternatives(term).filter((one) => !isSame(one, test));
    return rest.length === 0 ? [] : [joined("or", rest)];
  });
  return joined("and", terms);
}

/**
 * The query that asks for this too: beside other types, levels and agents, in place of another value
 * of any other field. Undefined when it would be too long.
 */
export function askFor(query: EventQuery, test: EventTest): EventQuery | undefined {
  const field = fieldOf(test);
  const terms = termsOf(stopAsking(query, test));
  const place = terms.findIndex((term) => isOf(term, field));
  const known = terms[place];
  if (!known || field === null) return checked(joined("and", [...terms, test]));
  const changed = severalAllowed.has(field)
    ? joined("or", [...alternatives(known), test])
    : (test satisfies EventQuery);
  return checked(joined("and", terms.with(place, changed)));
}

/** The query that asks for what is not this. Undefined when it would be too long. */
export function askForOthers(query: EventQuery, test: EventTest): EventQuery | undefined {
  const terms = termsOf(stopAsking(query, test));
  return checked(joined("and", [...terms, { kind: "not", part: test }]));
}

/** The paths of the properties that a query asks about. */
export function propsIn(query: EventQuery): string[] {
  if (query.kind === "and" || query.kind === "or") return query.parts.flatMap(propsIn);
  if (query.kind === "not") return propsIn(query.part);
  return query.kind === "prop" ? [query.path] : [];
}

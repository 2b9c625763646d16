import { events } from "@muniment/db/schema/events.ts";
import type {
  EventQuery,
  EventTest,
  FieldTest,
  PropTest,
  Scalar,
} from "@muniment/shared/event-query/query.ts";
import { eventLevels } from "@muniment/shared/events.ts";
import { and, eq, gte, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";

/** The columns that events and their counts have in common. */
export type CountedColumns = {
  agentId: AnyPgColumn;
  type: AnyPgColumn;
  level: AnyPgColumn | SQL<number>;
};

/** The first text after all that begin with `prefix` in collation "C", which is the order of code points. */
export function afterPrefix(prefix: string): string | undefined {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    // No text contains a surrogate, and none goes beyond the last code point.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    if (next <= 0x10ffff) return points.join("") + String.fromCodePoint(next);
  }
  return undefined;
}

const textColumns = { subject: events.subject, trace: events.traceId };

/**
 * A prefix as a range: row-level security keeps an index from serving LIKE, which is not leakproof.
 */
function fieldCondition(test: FieldTest, columns: CountedColumns): SQL | undefined {
  const column = test.field === "type" ? columns.type : textColumns[test.field];
  if (test.op === "exists") return sql`${column} is not null`;
  if (test.op === "eq") return eq(column, test.value);
  const after = afterPrefix(test.value);
  return and(gte(column, test.value), after === undefined ? undefined : lt(column, after));
}

/** The keys of a dotted path as a PostgreSQL text array. */
export const pathArray = (path: string): SQL =>
  sql`array[${sql.join(
    path.split(".").map((key) => sql`${key}::text`),
    sql`, `,
  )}]`;

function propCondition(test: PropTest): SQL {
  const value = sql`${events.props} #> ${pathArray(test.path)}`;
  if (test.op === "exists") return sql`(${value}) is not null`;
  if (test.op === "any") {
    const json = (one: Scalar) => sql`${JSON.stringify(one)}::text::jsonb`;
    return sql`(${value}) in (${sql.join(test.values.map(json), sql`, `)})`;
  }
  const operator = sql.raw(test.op);
  return sql`case when jsonb_typeof(${value}) = 'number'
    then (${value})::float8 ${operator} ${test.value}::float8 else false end`;
}

function testCondition(test: EventTest, columns: CountedColumns): SQL | undefined {
  switch (test.kind) {
    case "field":
      return fieldCondition(test, columns);
    case "prop":
      return propCondition(test);
    case "level": {
      const place = eventLevels.indexOf(test.level);
      return sql`${columns.level} ${sql.raw(test.op)} ${place}`;
    }
    case "agent":
      return eq(columns.agentId, test.agent);
    case "text":
      // Not LIKE: nothing in the text is a wildcard.
      return sql`position(lower(${test.value}::text) in lower(${events.message})) > 0`;
    case "time":
      throw new Error("times belong to the range");
  }
}

/** Alternatives of one column as one list, which an index serves better than many conditions. */
function anyOf(parts: readonly EventQuery[], columns: CountedColumns): SQL | undefined {
  const types = parts.flatMap((part) =>
    part.kind === "field" && part.field === "type" && part.op === "eq" ? [part.value] : [],
  );
  const levels = parts.flatMap((part) =>
    part.kind === "level" && part.op === "=" ? [eventLevels.indexOf(part.level)] : [],
  );
  if (types.length === parts.length) return inArray(columns.type, types);
  if (levels.length === parts.length) return inArray(sql<number>`${columns.level}`, levels);
  return or(...parts.map((part) => conditionOf(part, columns)));
}

/**
 * A query as a condition on events, or on their counts where `isCountable`. `matches` says the same
 * of one event in memory (`events-filters.test.ts` holds them equal).
 */
export function conditionOf(query: EventQuery, columns: CountedColumns = events): SQL | undefined {
  switch (query.kind) {
    case "and":
      return and(...query.parts.map((part) => conditionOf(part, columns)));
    case "or":
      return anyOf(query.parts, columns);
    case "not":
      // What is unknown, such as the subject of an event without one, does not pass and so passes here.
      return sql`(${conditionOf(query.part, columns) ?? sql`true`}) is not true`;
    default:
      return testCondition(query, columns);
  }
}

/** Whether a query asks only what the counts know: agent, type and level. */
export function isCountable(query: EventQuery): boolean {
  switch (query.kind) {
    case "and":
    case "or":
      return query.parts.every(isCountable);
    case "not":
      return isCountable(query.part);
    case "field":
      return query.field === "type";
    default:
      return query.kind === "level" || query.kind === "agent";
  }
}

/** Whether any of its tests is of this kind; `type` among the fields counts as `type`. */
export function asksOf(query: EventQuery, what: "agent" | "type" | "level"): boolean {
  if (query.kind === "and" || query.kind === "or") {
    return query.parts.some((part) => asksOf(part, what));
  }
  if (query.kind === "not") return asksOf(query.part, what);
  return query.kind === what || (query.kind === "field" && query.field === what);
}

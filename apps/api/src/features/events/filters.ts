import { events } from "@muniment/db/schema/events.ts";
import { type EventFilters, eventLevels, type PropFilter } from "@muniment/shared/events.ts";
import { eq, gte, inArray, lt, or, type SQL, sql } from "drizzle-orm";

/** The first text after all that begin with `prefix` in collation "C". */
const afterPrefix = (prefix: string) =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

/**
 * Types as equality and ranges: row-level security keeps an index from serving LIKE, which is not
 * leakproof.
 */
function typeCondition(types: readonly string[]): SQL | undefined {
  const exact = types.filter((type) => !type.endsWith("*"));
  const prefixes = types.filter((type) => type.endsWith("*")).map((type) => type.slice(0, -1));
  return or(
    exact.length > 0 ? inArray(events.type, exact) : undefined,
    ...prefixes.map(
      (prefix) => sql`(${gte(events.type, prefix)} and ${lt(events.type, afterPrefix(prefix))})`,
    ),
  );
}

/** The keys of a dotted path as a PostgreSQL text array. */
export const pathArray = (path: string): SQL =>
  sql`array[${sql.join(
    path.split(".").map((key) => sql`${key}::text`),
    sql`, `,
  )}]`;

function propCondition(filter: PropFilter): SQL {
  const value = sql`${events.props} #> ${pathArray(filter.path)}`;
  if (filter.op === "exists") return sql`(${value}) is not null`;
  return sql`(${value}) = ${JSON.stringify(filter.value)}::text::jsonb`;
}

/**
 * The filters as a condition on events. `matches` says the same of one event in memory
 * (`events-filters.test.ts` holds them equal).
 */
export function filterConditions(filters: EventFilters): (SQL | undefined)[] {
  const { agentId, types, levels, subject, traceId, text, props = [] } = filters;
  return [
    agentId === undefined ? undefined : eq(events.agentId, agentId),
    types && typeCondition(types),
    levels &&
      inArray(
        events.level,
        levels.map((level) => eventLevels.indexOf(level)),
      ),
    subject === undefined ? undefined : eq(events.subject, subject),
    traceId === undefined ? undefined : eq(events.traceId, traceId),
    // Not LIKE: nothing in the text is a wildcard.
    text === undefined
      ? undefined
      : sql`position(lower(${text}::text) in lower(${events.message})) > 0`,
    ...props.map(propCondition),
  ];
}

import type { Database } from "@muniment/db/database.ts";
import { events } from "@muniment/db/schema/events.ts";
import { isStatementTimeout } from "@muniment/db/unavailable.ts";
import type { Extent } from "@muniment/shared/events.ts";
import { and, asc, desc, eq, type SQL, sql } from "drizzle-orm";
import { conditionOf } from "./conditions.ts";
import { findFew } from "./few-events.ts";
import { eventsWithin, type Searches } from "./page-statement.ts";
import type { Question } from "./question.ts";
import { rangeConditions, type TimeRange } from "./time-range.ts";

/** Looked at first at either end: what is frequent is found among them. */
const endEvents = 10_000;

type Order = typeof asc | typeof desc;
/** Null: there is none; undefined: that is not known. */
type Found = string | null | undefined;

const inOrder = (order: Order) => [order(events.occurredAt), order(events.id)] as const;
const listed = (order: Order) => sql.join([...inOrder(order)], sql`, `);

const ownOf = (userId: string, range: TimeRange) =>
  and(eq(events.userId, userId), ...rangeConditions(range));

const milliseconds = sql<number>`(extract(epoch from ${events.occurredAt}) * 1000)::float8`;

async function first(searches: Searches, from: SQL, where: SQL | undefined, order: Order) {
  const [row] = await searches
    .select({ at: milliseconds })
    .from(from)
    .where(where)
    .orderBy(...inOrder(order))
    .limit(1);
  return row ? new Date(row.at).toISOString() : null;
}

/** Without going far for it: by an index of the events, or among those that lie next to the end. */
async function lookFirst(
  searches: Searches,
  userId: string,
  { query, range }: Question,
  order: Order,
  looked: number,
): Promise<Found> {
  const [own, passing] = [ownOf(userId, range), conditionOf(query)];
  const terms = query.kind === "and" ? query.parts : [query];
  if (terms.some((term) => term.kind === "field" && term.op !== "exists")) {
    return first(searches, sql`${events}`, and(own, passing), order);
  }
  const next = sql`(
    select * from ${events} where ${own} order by ${listed(order)} limit ${looked}
  ) as ${events}`;
  return (await first(searches, next, passing, order)) ?? undefined;
}

/** Within pieces of time, or the whole range. */
function lookIn(
  searches: Searches,
  userId: string,
  { query, range }: Question,
  pieces: readonly TimeRange[] | undefined,
  order: Order,
) {
  const passing = conditionOf(query);
  if (!pieces) return first(searches, sql`${events}`, and(ownOf(userId, range), passing), order);
  const rest = sql`and ${passing ?? sql`true`} order by ${listed(order)} limit 1`;
  return first(searches, eventsWithin(userId, pieces, rest), undefined, order);
}

/**
 * When the oldest and the newest of the events that pass occurred.
 * @throws AppError `too_many_events` where more than so many would have to be looked at to find them
 */
export async function findExtent(
  database: Database,
  userId: string,
  question: Question,
  now: number,
  looked = endEvents,
): Promise<Extent> {
  let few: Promise<TimeRange[] | undefined> | undefined;
  async function end(order: Order) {
    const quick = database.quickSearches({ userId });
    const found = await lookFirst(quick, userId, question, order, looked).catch(
      (error: unknown): Found => {
        if (isStatementTimeout(error)) return undefined;
        throw error;
      },
    );
    if (found !== undefined) return found;
    few ??= findFew(database, userId, question, now);
    return lookIn(database.searches({ userId }), userId, question, await few, order);
  }
  const newest = await end(desc);
  return { newest, oldest: newest && (await end(asc)) };
}

import type { Database } from "@muniment/db/database.ts";
import { events } from "@muniment/db/schema/events.ts";
import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import { conditionOf } from "./conditions.ts";
import type { Question } from "./question.ts";
import { eventColumns, eventValues } from "./read-events.ts";
import { rangeConditions, type TimeRange } from "./time-range.ts";

type Searches = ReturnType<Database["searches"]>;

const newestFirst = [desc(events.occurredAt), desc(events.id)];

/** Reads a page of a user's events, newest first; `after` begins behind a cursor. */
export const pageStatement = (
  searches: Searches,
  userId: string,
  { query, range }: Question,
  after: SQL | undefined,
  limit: number,
) =>
  searches
    .select(eventColumns)
    .from(events)
    .where(and(eq(events.userId, userId), ...rangeConditions(range), after, conditionOf(query)))
    .orderBy(...newestFirst)
    .limit(limit);

/** So many of the newest events that pass, by the name of their table. */
export function newestEvents(userId: string, { query, range }: Question, most: number): SQL {
  const bounds = [eq(events.userId, userId), ...rangeConditions(range), conditionOf(query)];
  return sql`(
    select * from ${events} where ${and(...bounds)}
    order by ${sql.join(newestFirst, sql`, `)} limit ${most}
  ) as ${events}`;
}

type Newest = { question: Question; after: SQL | undefined; looked: number; limit: number };

/** The same, looking no further than at so many events, whether or not they pass. */
export function newestStatement(searches: Searches, userId: string, asked: Newest) {
  const { query, range } = asked.question;
  const bounds = and(eq(events.userId, userId), ...rangeConditions(range), asked.after);
  const looked = sql`(
    select * from ${events} where ${bounds}
    order by ${sql.join(newestFirst, sql`, `)} limit ${asked.looked}
  ) as ${events}`;
  return searches
    .select(eventValues)
    .from(looked)
    .where(conditionOf(query))
    .orderBy(...newestFirst)
    .limit(asked.limit);
}

type Pieces = {
  query: EventQuery;
  /** No time lies in two of them. */
  pieces: readonly TimeRange[];
  after: SQL | undefined;
  limit: number;
};

/**
 * Events of a user within pieces of time, by the name of their table. `rest` keeps the pieces from
 * being joined otherwise than one by one, each by the key of the events.
 */
export function eventsWithin(
  userId: string,
  pieces: readonly TimeRange[],
  rest: SQL = sql`offset 0`,
): SQL {
  const times = (pick: (piece: TimeRange) => number) =>
    `{${pieces.map((piece) => new Date(pick(piece)).toISOString()).join(",")}}`;
  return sql`
    unnest(${times(({ from }) => from)}::text::timestamptz[], ${times(({ to }) => to)}::text::timestamptz[])
      as piece (low, high)
    cross join lateral (
      select * from ${events} where ${events.userId} = ${userId}
        and ${events.occurredAt} >= piece.low and ${events.occurredAt} < piece.high
        ${rest}
    ) as ${events}`;
}

/** The same page within pieces of time. */
export function pieceStatement(searches: Searches, userId: string, asked: Pieces) {
  const rest = sql`and ${and(asked.after, conditionOf(asked.query)) ?? sql`true`}
    order by ${sql.join(newestFirst, sql`, `)} limit ${asked.limit}`;
  return searches
    .select(eventValues)
    .from(eventsWithin(userId, asked.pieces, rest))
    .orderBy(...newestFirst)
    .limit(asked.limit);
}

import type { Database } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { eventCountChanges, eventCounts, events } from "@muniment/db/schema/events.ts";
import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import { afterCursor, behind, cursorValues, type Place } from "../../paging.ts";
import { conditionOf } from "./conditions.ts";
import type { Question } from "./question.ts";
import { type EventRow, eventColumns, eventValues } from "./read-events.ts";
import { rangeConditions, type TimeRange } from "./time-range.ts";

export type Searches = ReturnType<Database["searches"]>;

const newestFirst = [desc(events.occurredAt), desc(events.id)];

const behindEvent = (place: Place | undefined) => behind(place, events.occurredAt, events.id);

const preparedPage = build
  .select(eventColumns)
  .from(events)
  .where(
    and(
      eq(events.userId, sql.placeholder("userId")),
      sql`${events.occurredAt} >= ${sql.placeholder("from")}::timestamptz`,
      sql`${events.occurredAt} < ${sql.placeholder("to")}::timestamptz`,
      afterCursor(events.occurredAt, events.id),
    ),
  )
  .orderBy(...newestFirst)
  .limit(sql.placeholder("fetch"))
  .prepare("events_page");

/** A page of all of a user's events of a range, newest first: the one that is asked for most. */
export const plainPage = (
  database: Database,
  userId: string,
  { from, to }: TimeRange,
  place: Place | undefined,
  fetch: number,
): Promise<EventRow[]> =>
  database.pages(
    preparedPage,
    { userId },
    {
      ...{ userId, from: new Date(from).toISOString(), to: new Date(to).toISOString(), fetch },
      ...cursorValues(place),
    },
  );

/** Reads a page of a user's events, newest first, behind a place. */
export const pageStatement = (
  searches: Searches,
  userId: string,
  { query, range }: Question,
  place: Place | undefined,
  limit: number,
) =>
  searches
    .select(eventColumns)
    .from(events)
    .where(
      and(
        eq(events.userId, userId),
        ...rangeConditions(range),
        behindEvent(place),
        conditionOf(query),
      ),
    )
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

type FirstLook = {
  question: Question;
  place: Place | undefined;
  /** Only at so many events, whether or not they pass; undefined: at those that pass. */
  looked: number | undefined;
  fetch: number;
};

/** When the oldest events of a user occurred, to six hours: no partition needs to be opened for it. */
const oldestOf = (userId: string) => sql`
  least(
    (select min(${eventCounts.start}) from ${eventCounts} where ${eventCounts.userId} = ${userId}
      and ${eventCounts.minutes} = 360 and ${eventCounts.apart} = 0),
    (select min(${eventCountChanges.start}) from ${eventCountChanges}
      where ${eventCountChanges.userId} = ${userId})
  )`;

/**
 * The same page, and what tells whether there is more elsewhere: in every row, of which there is always
 * one (without an event its id is null), when the oldest events of the user occurred; and as last row the
 * last event that was looked at, unless the page was full before.
 */
export function firstLookStatement(searches: Searches, userId: string, asked: FirstLook) {
  const { query, range } = asked.question;
  const order = sql.join(newestFirst, sql`, `);
  const passes = sql`(${conditionOf(query) ?? sql`true`}) is true`;
  const own = [eq(events.userId, userId), ...rangeConditions(range), behindEvent(asked.place)];
  const looked = sql`(
    select *, row_number() over (order by ${order}) as nth from ${events} where ${and(...own)}
    order by ${order} limit ${asked.looked ?? null}
  ) as ${events}`;
  const rows =
    asked.looked === undefined
      ? sql`select *, true as passes, false as is_last from ${events}
          where ${and(...own, conditionOf(query))}`
      : sql`select *, ${passes} as passes, nth = ${asked.looked} as is_last from ${looked}
          where ${passes} or nth = ${asked.looked}`;
  return searches
    .select({
      event: eventValues,
      passes: sql<boolean>`passes`,
      isLast: sql<boolean>`is_last`,
      oldest: sql<number | null>`(extract(epoch from oldest) * 1000)::float8`,
    })
    .from(sql`(select ${oldestOf(userId)} as oldest) as account
      left join lateral (${rows} order by ${order} limit ${asked.fetch}) as ${events} on true`)
    .orderBy(...newestFirst);
}

type Pieces = {
  query: EventQuery;
  /** No time lies in two of them. */
  pieces: readonly TimeRange[];
  place: Place | undefined;
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
  const rest = sql`and ${and(behindEvent(asked.place), conditionOf(asked.query)) ?? sql`true`}
    order by ${sql.join(newestFirst, sql`, `)} limit ${asked.limit}`;
  return searches
    .select(eventValues)
    .from(eventsWithin(userId, asked.pieces, rest))
    .orderBy(...newestFirst)
    .limit(asked.limit);
}

import type { Database } from "@muniment/db/database.ts";
import { events } from "@muniment/db/schema/events.ts";
import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import { singleEventsMax } from "@muniment/shared/events.ts";
import { and, eq, type SQL, sql } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { findPieces } from "./candidates.ts";
import { chartPieces } from "./chart-pieces.ts";
import { conditionOf } from "./conditions.ts";
import { changesValues, fromChanges } from "./count-rows.ts";
import { countedRows, countedValues, intervals } from "./counted-rows.ts";
import type { Counting } from "./counting.ts";
import { keptStatement } from "./kept-statement.ts";
import type { Question } from "./question.ts";
import { rangeConditions, type TimeRange } from "./time-range.ts";

const quarter = 900_000;
const sum = sql.raw(intervals.join(" + "));

/** The whole quarters of an hour that ranges touch, oldest first; those that touch each other in one. */
function wholeQuarters(ranges: readonly TimeRange[]): TimeRange[] {
  const whole = ranges
    .map(({ from, to }) => ({
      from: Math.floor(from / quarter) * quarter,
      to: Math.ceil(to / quarter) * quarter,
    }))
    .sort((a, b) => a.from - b.from);
  const merged: TimeRange[] = [];
  for (const range of whole) {
    const last = merged.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else merged.push(range);
  }
  return merged;
}

/** Whether it asks for one of some types, which an index of the events finds and the counts know. */
function isOfTypes(query: EventQuery): boolean {
  if (query.kind === "or") return query.parts.length > 0 && query.parts.every(isOfTypes);
  return query.kind === "field" && query.field === "type" && query.op !== "exists";
}

/** Whether it asks for a subject or a trace, which an index of the events finds. */
const isOfPlace = (query: EventQuery) =>
  query.kind === "field" && query.field !== "type" && query.op !== "exists";

const everything: EventQuery = { kind: "and", parts: [] };

function totalOf(counting: Counting): SQL {
  const counted = countedRows(counting);
  return sql`
    select coalesce(sum(count), 0)::float8 as count from (
      select count from (${fromChanges(counting)}) changes
      ${counted ? sql`union all select ${sum} from (${counted}) counted` : sql``}
    ) counts`;
}

/** How many events lie in the quarters of an hour that ranges touch and pass, by the counts alone. */
async function countWithin(
  database: Database,
  counting: Counting,
  ranges: readonly TimeRange[],
): Promise<number> {
  const quarters = wholeQuarters(ranges);
  const [first, last] = [quarters[0], quarters.at(-1)];
  if (!first || !last) return 0;
  const pieces = quarters.flatMap((range) => chartPieces(range, 0, counting.now, 15).counted);
  const covered = { from: first.from, to: last.to };
  const values = { ...changesValues(counting.userId, covered), ...countedValues(pieces) };
  const { query, by, step } = counting;
  const key = JSON.stringify(["total", query, by, step]);
  const statement = keptStatement(key, values, () => totalOf(counting));
  const [row] = await database
    .counts({ userId: counting.userId })
    .execute<{ count: number }>(statement);
  return row?.count ?? 0;
}

/** How many events an index finds under some terms, up to one more than `most`. */
async function countIndexed(
  database: Database,
  userId: string,
  { query, range }: Question,
  most: number,
): Promise<number> {
  const bounds = and(eq(events.userId, userId), ...rangeConditions(range), conditionOf(query));
  const [row] = await database.searches({ userId }).execute<{ count: number }>(sql`
    select count(*)::int as count from (
      select from ${events} where ${bounds} limit ${most + 1}
    ) found`);
  return row?.count ?? 0;
}

/**
 * Makes sure that no more than `most` single events have to be looked at to answer what the counts do not
 * know, which bounds the time that it takes. Answers with the pieces of time in which to look; undefined
 * where that is the whole range, or an index of the events knows better. `instead` ends the refusal: what
 * could be asked in its place.
 * @throws AppError `too_many_events`
 */
export async function findFew(
  database: Database,
  userId: string,
  { query, range }: Question,
  now: number,
  { most = singleEventsMax, instead = "" } = {},
): Promise<TimeRange[] | undefined> {
  const terms = query.kind === "and" ? query.parts : [query];
  const counting: Counting = { userId, query: everything, range, by: ["level"], now };
  const isAll = (await countWithin(database, counting, [range])) <= most;
  const pieces = await findPieces(database, userId, { query, range });
  if (isAll || (pieces && (await countWithin(database, counting, pieces)) <= most)) return pieces;
  const types: EventQuery = { kind: "and", parts: terms.filter(isOfTypes) };
  if (types.parts.length > 0) {
    const found = await countWithin(database, { ...counting, query: types }, [range]);
    if (found <= most) return undefined;
  }
  const places: EventQuery = { kind: "and", parts: terms.filter(isOfPlace) };
  if (places.parts.length > 0) {
    const found = await countIndexed(database, userId, { query: places, range }, most);
    if (found <= most) return undefined;
  }
  throw new AppError(
    "too_many_events",
    `More than ${most.toLocaleString("en")} events would have to be looked at one by one. Ask for a shorter time or for fewer types${instead}.`,
  );
}

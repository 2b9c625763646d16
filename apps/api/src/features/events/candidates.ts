import type { Database } from "@muniment/db/database.ts";
import { eventChunks, eventIndex } from "@muniment/db/schema/event-index.ts";
import { receipts } from "@muniment/db/schema/events.ts";
import type { EventQuery, PropTest, Scalar } from "@muniment/shared/event-query/query.ts";
import { eventLevels } from "@muniment/shared/events.ts";
import { and, or, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { commitBounds } from "../../commit-order.ts";
import { agentTerm, levelTerm, pathTerm, valueTerm } from "./index-terms.ts";
import { lower } from "./matches.ts";
import type { Searches } from "./page-statement.ts";
import type { Question } from "./question.ts";
import { partPlaces, termPlaces } from "./signature.ts";
import type { TimeRange } from "./time-range.ts";

/** Parts of a text beyond these hardly leave out more. */
const mostParts = 12;
/** Batches that are not summed up yet; with more, the index is no help. */
const mostReceipts = 2000;

const holds = (column: AnyPgColumn, places: readonly number[]): SQL =>
  sql.join(
    places.map((place) => sql`get_bit(${column}, ${place}::bigint % (length(${column}) * 8)) = 1`),
    sql` and `,
  );

const holdsTerm = (column: AnyPgColumn, term: number) => holds(column, termPlaces(term));

function textCondition(text: string): SQL | undefined {
  const places = new Set<number>();
  partPlaces(lower(text), (place) => places.add(place));
  const all = [...places];
  const step = Math.max(1, all.length / mostParts);
  const some = all.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
  return some.length === 0 ? undefined : holds(eventChunks.message, some);
}

/** A key that may count the items of a list, which the signatures do not hold. */
const counting = /(?:^|\.)[ \t\n\v\f\r]*[+-]?\d+(?:\.|$)/;

function propCondition(test: PropTest): SQL | undefined {
  const { path } = test;
  if (counting.test(path)) return undefined;
  const column = eventChunks.props;
  if (test.op === "exists") return holdsTerm(column, pathTerm(path));
  if (test.op === "any") {
    const values = test.values.map((value: Scalar) => holdsTerm(column, valueTerm(path, value)));
    // The path as well, which leaves more out where it is rare.
    return and(holdsTerm(column, pathTerm(path)), or(...values));
  }
  const { numbers } = eventChunks;
  const end = test.op === ">" || test.op === ">=" ? 1 : 0;
  return sql`(${numbers} is null or
    (${numbers} -> ${path}::text ->> ${sql.raw(String(end))})::float8 ${sql.raw(test.op)} ${test.value}::float8)`;
}

/**
 * What must hold of the chunks in which events lie that pass a query; undefined where the chunks know
 * nothing of what it asks. It may hold of others as well, so every event of theirs is still looked at.
 */
export function chunkCondition(query: EventQuery): SQL | undefined {
  switch (query.kind) {
    case "and":
      return and(...query.parts.map(chunkCondition));
    case "or": {
      const parts = query.parts.map(chunkCondition);
      return parts.includes(undefined) ? undefined : or(...parts);
    }
    case "agent":
      return holdsTerm(eventChunks.fields, agentTerm(query.agent));
    case "level": {
      const asked = eventLevels.indexOf(query.level);
      const passing = eventLevels.flatMap((_, level) => {
        const passes = {
          "=": level === asked,
          ">": level > asked,
          ">=": level >= asked,
          "<": level < asked,
          "<=": level <= asked,
        };
        return passes[query.op] ? [holdsTerm(eventChunks.fields, levelTerm(level))] : [];
      });
      return passing.length === 0 ? sql`false` : or(...passing);
    }
    case "text":
      return textCondition(query.value);
    case "prop":
      return propCondition(query);
    default:
      return undefined;
  }
}

type Row = { kind: "index" | "untold" | "chunk" | "receipt"; newest: string; oldest: string };

/**
 * Whether the user has an index, until when its chunks do not tell of everything, and the times of the
 * chunks that pass a condition and of what is not summed up yet, day by day, since one receipt may hold the
 * past and the present. One statement and thus one snapshot, so that what is summed up meanwhile is not missed.
 */
export function candidatesSql(userId: string, condition: SQL, { from, to }: TimeRange): SQL {
  const [start, end] = [from, to].map((time) => sql`${new Date(time).toISOString()}::timestamptz`);
  return sql`
    with state as materialized (
      select commit_xid, position, untold_until from ${eventIndex} where ${eventIndex.userId} = ${userId}
        and ${eventIndex.cluster} = ${commitBounds.cluster}
    )
    select 'index' as kind, null::timestamptz as newest, null::timestamptz as oldest from state
    union all
    (select 'untold', greatest(${eventChunks.newest}, (select untold_until from state)), null
      from ${eventChunks}
      where ${eventChunks.userId} = ${userId} order by ${eventChunks.newest} limit 1)
    union all
    select 'chunk', ${eventChunks.newest}, ${eventChunks.oldest} from ${eventChunks}
    where ${eventChunks.userId} = ${userId} and ${eventChunks.newest} >= ${start}
      and ${eventChunks.oldest} < ${end} and ${condition}
    union all
    select 'receipt', times.newest, times.oldest from (
      select waiting.event_times from state cross join lateral (
        select event_times from ${receipts} where ${receipts.userId} = ${userId}
          and (${receipts.commitXid}, ${receipts.position}) > (state.commit_xid, state.position)
        order by ${receipts.commitXid}, ${receipts.position} limit ${mostReceipts + 1}
      ) waiting
    ) recent cross join lateral (
      select max(time) as newest, min(time) as oldest from unnest(event_times) as time
      group by date_bin('1 day', time, 'epoch')
    ) times`;
}

/**
 * The times, newest first and none twice, between which the events of a range lie that pass a condition
 * on chunks. Null where the index is no help.
 */
export async function findCandidates(
  searches: Searches,
  userId: string,
  condition: SQL,
  range: TimeRange,
): Promise<TimeRange[] | null> {
  const rows = await searches.execute<Row>(candidatesSql(userId, condition, range));
  const isIndexed = rows.some(({ kind }) => kind === "index");
  const waiting = rows.filter(({ kind }) => kind === "receipt").length;
  const last = rows.find(({ kind }) => kind === "untold");
  if (!isIndexed || !last || waiting > mostReceipts) return null;
  // Retention deletes chunks from the oldest on, but events of the instance only by whole partitions, so
  // with a longer one there may be some again that no chunk tells of (`events-index.test.ts`).
  const untold = { from: range.from, to: Date.parse(last.newest) };
  const ranges = rows.flatMap(({ kind, newest, oldest }) =>
    kind === "chunk" || kind === "receipt"
      ? [{ from: Date.parse(oldest), to: Date.parse(newest) + 1 }]
      : [],
  );
  return apart([...ranges, untold], range);
}

/** Where the events lie that pass a question; undefined where only a look at all of them can tell. */
export async function findPieces(
  database: Database,
  userId: string,
  { query, range }: Question,
): Promise<TimeRange[] | undefined> {
  const condition = chunkCondition(query);
  if (!condition) return undefined;
  const searches = database.searches({ userId });
  return (await findCandidates(searches, userId, condition, range)) ?? undefined;
}

/** The parts of ranges within bounds, newest first, such that no time lies in two of them. */
export function apart(ranges: readonly TimeRange[], { from, to }: TimeRange): TimeRange[] {
  let free = to;
  return ranges
    .toSorted((a, b) => b.to - a.to)
    .flatMap((range) => {
      const part = { from: Math.max(range.from, from), to: Math.min(range.to, free) };
      if (part.from >= part.to) return [];
      free = part.from;
      return [part];
    });
}

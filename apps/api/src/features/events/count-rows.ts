import { eventCountChanges, eventCounts, events } from "@muniment/db/schema/events.ts";
import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import { type SQL, sql } from "drizzle-orm";
import { type ChartPieces, chartPieces } from "./chart-pieces.ts";
import { asksOf, conditionOf, isCountable } from "./conditions.ts";
import { countedText, type Dimension, dimensionText, isCountedDimension } from "./dimension.ts";
import { eventsWithin, newestEvents } from "./page-statement.ts";
import type { Question } from "./question.ts";
import type { TimeRange } from "./time-range.ts";

/** Bits of `apart`. */
const byAgent = 1;
const byType = 2;

/** What is counted: the events of a user that pass, apart by intervals and values. */
export type Counting = Question & {
  userId: string;
  /** Columns `v0`, `v1`, ... of the answer. */
  by: readonly Dimension[];
  /** Milliseconds; absent: everything is one interval. */
  step?: number | undefined;
  now: number;
  /** Where the events that pass lie, if that is known; no time in two of them. */
  pieces?: readonly TimeRange[] | undefined;
  /** Where single events are counted: only so many, the newest that pass. */
  newest?: number | undefined;
};

const at = (milliseconds: number) => sql`${new Date(milliseconds).toISOString()}::timestamptz`;
const within = (column: SQL, { from, to }: TimeRange) =>
  sql`${column} >= ${at(from)} and ${column} < ${at(to)}`;

/** The coarsest grouping that tells apart what is asked for. */
function apartOf(query: EventQuery, by: readonly Dimension[]): number {
  const agent = asksOf(query, "agent") || by.includes("agentId");
  const type = asksOf(query, "type") || by.includes("type");
  return (agent ? byAgent : 0) + (type ? byType : 0);
}

const startOf = (time: SQL, step: number | undefined) =>
  step === undefined
    ? sql`null::timestamptz`
    : sql`date_bin(${`${step / 1000} seconds`}::interval, ${time}, 'epoch')`;

const values = (by: readonly Dimension[], textOf: (dimension: Dimension) => SQL) =>
  by.map((dimension, index) => sql`, ${textOf(dimension)} as ${sql.identifier(`v${index}`)}`);

function fromCounts({ userId, query, by, step }: Counting, { counted, covered }: ChartPieces) {
  const text = (columns: typeof eventCounts | typeof eventCountChanges) =>
    sql.join(values(by, (dimension) => countedText(dimension, columns)));
  const rows = counted.map(
    (piece) => sql`
      select ${startOf(sql`${eventCounts.start}`, step)} as start, ${eventCounts.count} as count
        ${text(eventCounts)}
      from ${eventCounts}
      where ${eventCounts.userId} = ${userId} and ${eventCounts.minutes} = ${piece.minutes}
        and ${eventCounts.apart} = ${apartOf(query, by)}
        and ${within(sql`${eventCounts.start}`, piece)}
        and ${conditionOf(query, eventCounts) ?? sql`true`}`,
  );
  if (counted.length === 0) return rows;
  const changes = sql`
    select ${startOf(sql`${eventCountChanges.start}`, step)} as start, ${eventCountChanges.count}
      ${text(eventCountChanges)}
    from ${eventCountChanges}
    where ${eventCountChanges.userId} = ${userId}
      and ${within(sql`${eventCountChanges.start}`, covered)}
      and ${conditionOf(query, eventCountChanges) ?? sql`true`}`;
  return [...rows, changes];
}

/** Single events of pieces of time. */
function fromPieces({ userId, query, by, step }: Counting, pieces: readonly TimeRange[]) {
  return sql`
    select ${startOf(sql`${events.occurredAt}`, step)} as start, 1::bigint as count
      ${sql.join(values(by, dimensionText))}
    from ${eventsWithin(userId, pieces)} where ${conditionOf(query) ?? sql`true`}`;
}

/** The newest single events of a range. */
function fromNewest({ userId, query, by, range, step }: Counting, newest: number) {
  return sql`
    select ${startOf(sql`${events.occurredAt}`, step)} as start, 1::bigint as count
      ${sql.join(values(by, dimensionText))}
    from ${newestEvents(userId, { query, range }, newest)}`;
}

function fromEvents({ userId, query, by, step }: Counting, { raw }: ChartPieces) {
  const text = sql.join(values(by, dimensionText));
  return raw.map(
    (piece) => sql`
      select ${startOf(sql`${events.occurredAt}`, step)} as start, ${piece.sign}::bigint as count ${text}
      from ${events}
      where ${events.userId} = ${userId} and ${within(sql`${events.occurredAt}`, piece)}
        and ${conditionOf(query) ?? sql`true`}`,
  );
}

/** Whether the counts know all that is asked. */
export const isCounted = ({ query, by }: Pick<Counting, "query" | "by">): boolean =>
  isCountable(query) && by.every(isCountedDimension);

/**
 * The rows `(start, count, v0, ...)` whose counts add up to the number of events that pass: from the
 * counts where they know what is asked, else one of each event. One statement, so one snapshot: what
 * is being stored or added up meanwhile is counted once (`events-counts.test.ts`).
 */
export function countRows(counting: Counting): SQL {
  const { by, range, step, now } = counting;
  const countable = isCounted(counting);
  if (!countable && counting.pieces) return fromPieces(counting, counting.pieces);
  if (!countable && counting.newest) return fromNewest(counting, counting.newest);
  // Without intervals every piece may be as coarse as there are counts of; with none, none is.
  const pieces = chartPieces(range, countable ? (step ?? 0) : 1, now);
  const parts = [...fromCounts(counting, pieces), ...fromEvents(counting, pieces)];
  if (parts.length > 0) return sql.join(parts, sql` union all `);
  const nothing = by.map((_, index) => sql`, null::text as ${sql.identifier(`v${index}`)}`);
  return sql`select null::timestamptz as start, 0::bigint as count ${sql.join(nothing)} where false`;
}

import type { Database } from "@muniment/db/database.ts";
import { eventCountChanges, events } from "@muniment/db/schema/events.ts";
import { type SQL, sql } from "drizzle-orm";
import { type ChartPieces, chartPieces, type RawPiece } from "./chart-pieces.ts";
import { conditionOf, isCountable } from "./conditions.ts";
import { countedRows, countedValues, finestOf, intervals } from "./counted-rows.ts";
import type { Counting, hourMilliseconds } from "./counting.ts";
import {
  countedColumn,
  countedText,
  type Dimension,
  dimensionText,
  isCountedDimension,
} from "./dimension.ts";
import { keptStatement } from "./kept-statement.ts";
import { eventsWithin, newestEvents } from "./page-statement.ts";
import type { TimeRange } from "./time-range.ts";

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
const at = (milliseconds: number) => sql`${iso(milliseconds)}::timestamptz`;
const within = (column: SQL, { from, to }: TimeRange) =>
  sql`${column} >= ${at(from)} and ${column} < ${at(to)}`;

/** The same with placeholders (`keptStatement`). */
const atValue = (name: string) => sql`${sql.placeholder(name)}::timestamptz`;
const withinValues = (column: SQL, name: string) =>
  sql`${column} >= ${atValue(`${name}From`)} and ${column} < ${atValue(`${name}To`)}`;
const rangeValues = (name: string, { from, to }: TimeRange) => ({
  [`${name}From`]: iso(from),
  [`${name}To`]: iso(to),
});

const startOf = (time: SQL, step: number | undefined) =>
  step === undefined
    ? sql`null::timestamptz`
    : sql`date_bin(${`${step / 1000} seconds`}::interval, ${time}, 'epoch')`;

const values = (by: readonly Dimension[], textOf: (dimension: Dimension) => SQL) =>
  by.map((dimension, index) => sql`, ${textOf(dimension)} as ${sql.identifier(`v${index}`)}`);

/** What was stored and deleted and is not added up yet, of a range `covered` with placeholders. */
export function fromChanges({ query, by, step }: Pick<Counting, "query" | "by" | "step">): SQL {
  return sql`
    select ${startOf(sql`${eventCountChanges.start}`, step)} as start, ${eventCountChanges.count}::bigint
      ${sql.join(values(by, (dimension) => countedText(dimension, eventCountChanges)))}
    from ${eventCountChanges}
    where ${eventCountChanges.userId} = ${sql.placeholder("userId")}
      and ${withinValues(sql`${eventCountChanges.start}`, "covered")}
      and ${conditionOf(query, eventCountChanges) ?? sql`true`}`;
}
/** What stands in these placeholders. */
export const changesValues = (userId: string, covered: TimeRange) => ({
  userId,
  ...rangeValues("covered", covered),
});

const edges = ["left", "right"] as const;

/**
 * The single events at an edge, with placeholders, read by the key of the events whatever else is asked.
 * It lies in a quarter of an hour at most, so in one interval; values become text once they are counted.
 */
function fromEdge({ query, by, step }: Counting, edge: (typeof edges)[number]) {
  const columns = by.map((dimension) => countedColumn(dimension, events));
  return sql`
    select ${startOf(atValue(`${edge}From`), step)} as start,
      ${sql.placeholder(`${edge}Sign`)} * count as count
      ${sql.join(values(by, dimensionText))}
    from (
      select ${sql.join([...columns, sql`count(*) as count`], sql`, `)} from (
        select * from ${events} where ${events.userId} = ${sql.placeholder("userId")}
          and ${withinValues(sql`${events.occurredAt}`, edge)} offset 0
      ) as ${events} where ${conditionOf(query) ?? sql`true`} group by ${sql.join(columns, sql`, `)}
    ) as ${events}`;
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

/** Single events of a range, read by whichever index serves best. */
function fromRange({ userId, query, by, range, step }: Counting) {
  return sql`
    select ${startOf(sql`${events.occurredAt}`, step)} as start, 1::bigint as count
      ${sql.join(values(by, dimensionText))}
    from ${events}
    where ${events.userId} = ${userId} and ${within(sql`${events.occurredAt}`, range)}
      and ${conditionOf(query) ?? sql`true`}`;
}

/** Whether the counts know all that is asked. */
export const isCounted = ({ query, by }: Pick<Counting, "query" | "by">): boolean =>
  isCountable(query) && by.every(isCountedDimension);

/** What the counts have of a range; undefined where they do not help. */
function countedPieces(counting: Counting): ChartPieces | undefined {
  if (!isCounted(counting)) return undefined;
  // Without intervals every piece may be as coarse as there are counts of.
  const pieces = chartPieces(counting.range, counting.step ?? 0, counting.now, finestOf(counting));
  return pieces.counted.length > 0 ? pieces : undefined;
}

/** Whether counts answer, but for the edges of the range: else its events are counted one by one. */
export const isFromCounts = (counting: Counting): boolean => countedPieces(counting) !== undefined;

/** What is in the range and not in the counts, or the other way round. */
const besideCounts = (counting: Counting): SQL =>
  sql.join(
    [fromChanges(counting), ...edges.map((edge) => fromEdge(counting, edge))],
    sql` union all `,
  );

/** A statement of `countedRows` and `besideCounts` that is built once, whatever the user and the range. */
function countsStatement(
  counting: Counting,
  { counted, covered, raw }: ChartPieces,
  kind: string,
  build: (counting: Counting) => SQL,
): SQL {
  const { userId, query, by, step } = counting;
  // Always as many, so that the statement is the same.
  const none: RawPiece = { from: covered.to, to: covered.to, sign: 1 };
  const edgeValues = edges.map((edge, place) => {
    const { sign, ...piece } = raw[place] ?? none;
    return { ...rangeValues(edge, piece), [`${edge}Sign`]: sign };
  });
  const values = { ...changesValues(userId, covered), ...countedValues(counted) };
  const key = JSON.stringify([kind, query, by, step]);
  return keptStatement(key, Object.assign(values, ...edgeValues), () => build(counting));
}

function singleEvents(counting: Counting): SQL {
  if (counting.pieces) return fromPieces(counting, counting.pieces);
  if (!isCounted(counting) && counting.newest) return fromNewest(counting, counting.newest);
  return fromRange(counting);
}

/**
 * The rows `(start, count, v0, ...)` whose counts add up to the number of events that pass: from the
 * counts where they know what is asked, else one of each event. One statement, so one snapshot: what
 * is being stored or added up meanwhile is counted once (`events-counts.test.ts`). The intervals are
 * hours, if there are any.
 */
export function countRows(
  counting: Counting & { step?: typeof hourMilliseconds | undefined },
): SQL {
  const known = countedPieces(counting);
  return known ? countsStatement(counting, known, "rows", rowsOf) : singleEvents(counting);
}

function rowsOf(counting: Counting): SQL {
  const { by, step } = counting;
  const beside = besideCounts(counting);
  const counted = countedRows(counting);
  if (!counted) return beside;
  const columns = by.map((_, index) => sql`, ${sql.identifier(`v${index}`)}`);
  return sql`
    select ${startOf(sql`start`, step)} as start, ${sql.raw(intervals.join(" + "))} as count
      ${sql.join(columns)}
    from (${counted}) counted where ${sql.raw(intervals.join(" + "))} <> 0
    union all ${beside}`;
}

/** As rows of one interval each. */
const inIntervals = (rows: SQL): SQL => sql`
  select 0, start, sum(count)::bigint, 0, 0, 0, v0 from (${rows}) rows group by start, v0`;

function intervalRowsOf(counting: Counting): SQL {
  const counted = countedRows(counting);
  const beside = inIntervals(besideCounts(counting));
  return counted ? sql`${counted} union all ${beside}` : beside;
}

/**
 * The same with up to four intervals in a row, as the counts have them: rows `(minutes, start, n0, n1,
 * n2, n3, v0)`, where `n1` is of the interval that begins `minutes` after `start`.
 */
export function intervalRows(counting: Counting): SQL {
  const known = countedPieces(counting);
  return known
    ? countsStatement(counting, known, "intervals", intervalRowsOf)
    : inIntervals(singleEvents(counting));
}

/** Where to read them: of counts the statement is the same for any range, and so is its best plan. */
export const countReads = (database: Database, counting: Counting) =>
  isFromCounts(counting)
    ? database.counts({ userId: counting.userId })
    : database.searches({ userId: counting.userId });

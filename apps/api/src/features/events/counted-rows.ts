import { eventCounts } from "@muniment/db/schema/events.ts";
import { eventLevels } from "@muniment/shared/events.ts";
import { type SQL, sql } from "drizzle-orm";
import type { CountedPiece } from "./chart-pieces.ts";
import { asksOf, conditionOf } from "./conditions.ts";
import { askedLevels } from "./counted-levels.ts";
import type { Counting } from "./counting.ts";
import { countedText, type Dimension } from "./dimension.ts";

/** Bits of `apart`. */
const byAgent = 1;
const byType = 2;

const minute = 60_000;
/** The intervals that share a row, each as a column of what is read here. */
export const intervals = ["n0", "n1", "n2", "n3"] as const;

const rowMilliseconds = ({ minutes }: CountedPiece) => intervals.length * minutes * minute;
const firstRow = (piece: CountedPiece) =>
  Math.floor(piece.from / rowMilliseconds(piece)) * rowMilliseconds(piece);

/** The coarsest grouping that tells apart what is asked for. */
function apartOf({ query, by }: Pick<Counting, "query" | "by">): number {
  const agent = asksOf(query, "agent") || by.includes("agentId");
  const type = asksOf(query, "type") || by.includes("type");
  return (agent ? byAgent : 0) + (type ? byType : 0);
}

/** The finest intervals that are counted of what is asked, in minutes. */
export const finestOf = (counting: Pick<Counting, "query" | "by">): 5 | 15 =>
  apartOf(counting) === 0 ? 5 : 15;

/** The count of some levels in an interval of a row, 0 where that lies outside of the piece. */
function countOf(name: (typeof intervals)[number], levels: readonly number[]): SQL {
  const interval = intervals.indexOf(name);
  const places = levels.map((level) => interval * eventLevels.length + level + 1);
  const counts =
    levels.length === eventLevels.length
      ? [eventCounts[name]]
      : places.map((place) => sql`${eventCounts.counts}[${sql.raw(String(place))}]`);
  const time = sql`${eventCounts.start} + ${sql.raw(String(interval))} * piece.width`;
  return sql`case when is_whole or (${time} >= piece.low and ${time} < piece.high)
    then ${sql.join(counts, sql` + `)} else 0 end`;
}

/** `level` (null: all that pass together) and the counts of the intervals. */
function cellsOf(passing: readonly number[], byLevel: boolean): SQL {
  const counts = intervals.map((name) => {
    const count = byLevel
      ? sql`unnest(array[${sql.join(
          passing.map((level) => countOf(name, [level])),
          sql`, `,
        )}])`
      : countOf(name, passing);
    return sql`${count} as ${sql.raw(name)}`;
  });
  const level = byLevel ? sql.raw(`unnest(array[${passing.join(",")}])`) : sql.raw("null");
  return sql`${level} as level, ${sql.join(counts, sql`, `)}`;
}

/** As one parameter, so that the statement is the same however many there are. */
const list = (pieces: readonly CountedPiece[], pick: (piece: CountedPiece) => string | number) =>
  `{${pieces.map(pick).join(",")}}`;
const times = (pieces: readonly CountedPiece[], pick: (piece: CountedPiece) => number) =>
  list(pieces, (piece) => new Date(pick(piece)).toISOString());
const lastWhole = (piece: CountedPiece) => piece.to - rowMilliseconds(piece);

/** What stands in the placeholders of `countedRows` for pieces of time. */
export const countedValues = (pieces: readonly CountedPiece[]) => ({
  minutes: list(pieces, ({ minutes }) => minutes),
  widths: list(pieces, ({ minutes }) => `${minutes} minutes`),
  firsts: times(pieces, firstRow),
  lastsWhole: times(pieces, lastWhole),
  lows: times(pieces, ({ from }) => from),
  highs: times(pieces, ({ to }) => to),
});
const pieceValue = (name: keyof ReturnType<typeof countedValues>) => sql.placeholder(name);

/**
 * What the counts have of pieces of time: rows of `minutes`, `start`, the counts of the `intervals` of
 * so many minutes each from there on, and `v0`, `v1`, ... Undefined where no level passes. The pieces
 * (`countedValues`) and `userId` are placeholders.
 */
export function countedRows(counting: Pick<Counting, "query" | "by">): SQL | undefined {
  const { query, by } = counting;
  const { passing, rest, mixed } = askedLevels(query);
  if (passing.length === 0) return undefined;
  const columns = { ...eventCounts, level: sql<number>`level` };
  const value = (dimension: Dimension, index: number) =>
    sql`, ${countedText(dimension, columns)} as ${sql.identifier(`v${index}`)}`;
  return sql`
    select minutes, start, ${sql.raw(intervals.join(", "))} ${sql.join(by.map(value))}
    from (
      select ${eventCounts.minutes}, ${eventCounts.start}, ${eventCounts.agentId}, ${eventCounts.type},
        ${cellsOf(passing, mixed !== undefined || by.includes("level"))}
      from unnest(${pieceValue("minutes")}::text::smallint[], ${pieceValue("widths")}::text::interval[],
          ${pieceValue("firsts")}::text::timestamptz[], ${pieceValue("lastsWhole")}::text::timestamptz[],
          ${pieceValue("lows")}::text::timestamptz[], ${pieceValue("highs")}::text::timestamptz[])
        as piece (minutes, width, first, last_whole, low, high)
      cross join lateral (
        select *, ${eventCounts.start} >= piece.low and ${eventCounts.start} <= piece.last_whole as is_whole
        from ${eventCounts} where ${eventCounts.userId} = ${sql.placeholder("userId")}
          and ${eventCounts.minutes} = piece.minutes and ${eventCounts.apart} = ${apartOf(counting)}
          and ${eventCounts.start} >= piece.first and ${eventCounts.start} < piece.high
          and ${conditionOf(rest, columns) ?? sql`true`} offset 0
      ) as ${eventCounts}
    ) as ${eventCounts} where ${mixed ? (conditionOf(mixed, columns) ?? sql`true`) : sql`true`}`;
}

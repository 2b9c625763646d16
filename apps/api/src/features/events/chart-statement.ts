import { type SQL, sql } from "drizzle-orm";
import { intervalRows } from "./count-rows.ts";
import { intervals } from "./counted-rows.ts";
import type { Counting } from "./counting.ts";

const maxValues = 8;
const minute = 60_000;

/** What a chart shows of a value, or of all that are not among the most frequent together. */
export type ChartRow = {
  value: string | null;
  isTop: boolean;
  /** With spaces between, `<seconds since 1970>:<minutes>:<count>:<count>:...`: each count of so many minutes later. */
  points: string;
};

const names = sql.raw(intervals.join(", "));
// Whole numbers up to 2^53 add up in float8 as in numeric, sooner.
const total = sql.raw(`sum((${intervals.join(" + ")})::float8)`);
const each = sql.raw(intervals.map((name) => `sum(${name}::float8)`).join(", "));

/**
 * Counts by the most frequent of the values `v0` if `apart`, else all together: rows as `ChartRow`, one
 * of each value, as it would take longer to send one of each interval than to count. What is not among
 * the most frequent is added up first, however many values that are.
 */
export function chartStatement(counting: Counting, apart: boolean): SQL {
  return sql`
    with counted as materialized (
      select minutes, start, ${apart ? sql`v0` : sql`null::text`} as value, ${names}
      from (${intervalRows(counting)}) as rows (minutes, start, ${names}, v0)
    ), top as materialized (
      select array_agg(value) as values from (
        select value from counted group by value
        having ${total} > 0 order by ${total} desc, value limit ${maxValues}
      ) most
    ), lines as (
      select value, true as is_top, minutes, start, ${names} from counted cross join top
      where array_position(values, value) is not null
      union all
      select null, false, minutes, start, ${each} from counted cross join top
      where array_position(values, value) is null group by minutes, start
    )
    select value, is_top as "isTop",
      string_agg(concat_ws(':', date_part('epoch', start), minutes, ${names}), ' ') as points
    from lines group by 1, 2`;
}

/** The points of a row that are not zero, their times in milliseconds. */
export const pointsOf = ({ points }: ChartRow): { start: number; count: number }[] =>
  points.split(" ").flatMap((point) => {
    const [seconds = 0, minutes = 0, ...counts] = point.split(":").map(Number);
    return counts.flatMap((count, n) =>
      count === 0 ? [] : [{ start: seconds * 1000 + n * minutes * minute, count }],
    );
  });

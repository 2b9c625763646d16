import { type SQL, sql } from "drizzle-orm";
import { type Counting, countRows } from "./count-rows.ts";

const maxValues = 8;

/**
 * Counts by interval, and by the most frequent of the values `v0` if `apart`: rows of `start`, `value`,
 * `isTop` (false: the rest together) and `count`.
 */
export function chartStatement(counting: Counting, apart: boolean): SQL {
  const value = apart ? sql`v0` : sql`null::text`;
  return sql`
    with counted as materialized (
      select start, ${value} as value, sum(count) as count from (${countRows(counting)}) rows
      group by 1, 2 having sum(count) <> 0
    ), top as (
      select value from counted group by value order by sum(count) desc, value limit ${maxValues}
    )
    select start, top.value, coalesce(is_top, false) as "isTop", sum(count) as count
    from counted left join (select value, true as is_top from top) top
      on top.value is not distinct from counted.value
    group by 1, 2, 3`;
}

import { events } from "@muniment/db/schema/events.ts";
import { timeseries as output, type Timeseries, timeseriesInput } from "@muniment/shared/events.ts";
import { and, eq, sql } from "drizzle-orm";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { bucketsOf } from "./buckets.ts";
import { type Dimension, dimensionText, shownValue } from "./dimension.ts";
import { filterConditions } from "./filters.ts";
import { rangeConditions, toTimeRange } from "./time-range.ts";

const maxValues = 8;
const other = "…other";
const none = "…none";

type Row = { start: string; value: string | null; isTop: boolean; count: string };

function labelOf(row: Row, by: Dimension): string {
  // No object that is parsed from JSON can be trusted with a member of this name.
  if (!row.isTop || row.value === "__proto__") return other;
  return row.value === null ? none : shownValue(by, row.value);
}

function toBuckets(
  starts: number[],
  rows: Row[],
  by: Dimension | undefined,
): Timeseries["buckets"] {
  const buckets = new Map(
    starts.map((start) => [start, { count: 0, by: new Map<string, number>() }]),
  );
  for (const row of rows) {
    const bucket = buckets.get(new Date(row.start).getTime());
    if (!bucket) throw new Error("an event lies outside the range that was asked for");
    const count = Number(row.count);
    bucket.count += count;
    if (by) bucket.by.set(labelOf(row, by), (bucket.by.get(labelOf(row, by)) ?? 0) + count);
  }
  return [...buckets].map(([start, bucket]) => ({
    start: new Date(start).toISOString(),
    count: bucket.count,
    ...(by ? { by: Object.fromEntries(bucket.by) } : {}),
  }));
}

/** How many events lie in each interval of a range; with `by`, how many of each of the most frequent values. */
export const timeseries = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .concat(inTurn)
  .input(timeseriesInput)
  .output(output)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const searches = deps.database.searches({ userId });
    const range = toTimeRange(input);
    const { from, to } = input;
    const { interval, step, starts } = bucketsOf(Date.parse(from), Date.parse(to), input.interval);
    const { by } = input;

    const counted = searches
      .select({
        start:
          sql`date_bin(${`${step / 1000} seconds`}::interval, ${events.occurredAt}, 'epoch')`.as(
            "start",
          ),
        value: (by ? dimensionText(by) : sql<null>`null::text`).as("value"),
        count: sql`count(*)`.as("count"),
      })
      .from(events)
      .where(and(eq(events.userId, userId), ...rangeConditions(range), ...filterConditions(input)))
      .groupBy(sql`1`, sql`2`);
    const rows = await searches.execute<Row>(sql`
        with counted as materialized (${counted}), top as (
          select value from counted group by value order by sum(count) desc, value limit ${maxValues}
        )
        select start, top.value, coalesce(is_top, false) as "isTop", sum(count) as count
        from counted left join (select value, true as is_top from top) top
          on top.value is not distinct from counted.value
        group by 1, 2, 3`);
    return { interval, buckets: toBuckets(starts, rows, by) };
  });

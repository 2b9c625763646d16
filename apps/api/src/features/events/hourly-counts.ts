import type { Database } from "@muniment/db/database.ts";
import { sql } from "drizzle-orm";
import type { HourlyCounts } from "../../event-queries.ts";
import { countReads, countRows } from "./count-rows.ts";
import { hourMilliseconds } from "./counting.ts";
import type { Question } from "./question.ts";

type Row = { agentId: string; type: string; hours: string; counts: string };

/**
 * Events of every whole hour of a range, apart by agent and type; of the `most` series with the most
 * events. Read from what counts them, not from the events, as long as the query asks for nothing else.
 */
export async function hourlyCounts(
  database: Database,
  userId: string,
  { query, range }: Question,
  { most, now }: { most: number; now: number },
): Promise<HourlyCounts> {
  const firstHour = Math.ceil(range.from / hourMilliseconds);
  const length = Math.max(0, Math.floor(range.to / hourMilliseconds) - firstHour);
  if (length === 0) return { firstHour, length, series: [] };
  const whole = { from: firstHour * hourMilliseconds, to: (firstHour + length) * hourMilliseconds };
  const by = ["agentId", "type"] as const;
  const counting = { userId, query, range: whole, by, step: hourMilliseconds, now };
  const rows = countRows(counting);
  const found = await countReads(database, counting).execute<Row>(sql`
    with counted as (
      select v0, v1, start, sum(count) as count from (${rows}) rows
      group by 1, 2, 3 having sum(count) > 0
    )
    select v0 as "agentId", v1 as type,
      string_agg((extract(epoch from start)::bigint / 3600)::text, ' ' order by start) as hours,
      string_agg(count::text, ' ' order by start) as counts
    from counted group by 1, 2 order by sum(count) desc, 1, 2 limit ${most}`);
  const series = found.map(({ agentId, type, hours, counts }) => {
    const all = new Float64Array(length);
    const values = counts.split(" ");
    hours.split(" ").forEach((hour, place) => {
      all[Number(hour) - firstHour] = Number(values[place]);
    });
    return { agentId, type, counts: all };
  });
  return { firstHour, length, series };
}

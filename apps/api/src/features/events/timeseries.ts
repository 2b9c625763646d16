import {
  noValue,
  otherValues,
  timeseries as output,
  type Timeseries,
  timeseriesInput,
} from "@muniment/shared/events.ts";
import { type Buckets, bucketsOf } from "../../time-buckets.ts";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { type ChartRow, chartStatement, pointsOf } from "./chart-statement.ts";
import { isCountable } from "./conditions.ts";
import { countReads, isFromCounts } from "./count-rows.ts";
import { type Dimension, shownValue } from "./dimension.ts";
import { findFew } from "./few-events.ts";
import { toQuestion } from "./question.ts";

/** What is asked instead of single events, where the counts know what is to pass. */
const countsKnow = ", or count by type, level or agent in intervals of 15 minutes or more";

function labelOf(row: ChartRow, by: Dimension): string {
  // No object that is parsed from JSON can be trusted with a member of this name.
  if (!row.isTop || row.value === "__proto__") return otherValues;
  return row.value === null ? noValue : shownValue(by, row.value);
}

function toBuckets(
  { starts, step }: Buckets,
  rows: ChartRow[],
  by: Dimension | undefined,
): Timeseries["buckets"] {
  const buckets = new Map(
    starts.map((start) => [start, { count: 0, by: new Map<string, number>() }]),
  );
  for (const row of rows) {
    const label = by === undefined ? undefined : labelOf(row, by);
    for (const { start, count } of pointsOf(row)) {
      const bucket = buckets.get(Math.floor(start / step) * step);
      if (!bucket) throw new Error("an event lies outside the range that was asked for");
      bucket.count += count;
      if (label !== undefined) bucket.by.set(label, (bucket.by.get(label) ?? 0) + count);
    }
  }
  return [...buckets].map(([start, bucket]) => ({
    start: new Date(start).toISOString(),
    count: bucket.count,
    // What is subtracted at an edge may leave nothing.
    ...(by ? { by: Object.fromEntries([...bucket.by].filter(([, count]) => count !== 0)) } : {}),
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
    const question = await toQuestion(deps, principal, input);
    const { from, to, by } = input;
    const buckets = bucketsOf(Date.parse(from), Date.parse(to), input.interval);
    const now = deps.now().getTime();
    const asked = { ...question, userId, by: [by ?? "level"] as const, step: buckets.step, now };
    const pieces = isFromCounts(asked)
      ? undefined
      : await findFew(deps.database, userId, question, now, {
          instead: isCountable(question.query) ? countsKnow : "",
        });
    const counting = { ...asked, pieces };
    const statement = chartStatement(counting, by !== undefined);
    const rows = await countReads(deps.database, counting).execute<ChartRow>(statement);
    return { interval: buckets.interval, buckets: toBuckets(buckets, rows, by) };
  });

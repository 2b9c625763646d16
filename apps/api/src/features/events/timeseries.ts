import {
  noValue,
  otherValues,
  timeseries as output,
  type Timeseries,
  timeseriesInput,
} from "@muniment/shared/events.ts";
import { bucketsOf } from "../../time-buckets.ts";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { findPieces } from "./candidates.ts";
import { chartStatement } from "./chart-statement.ts";
import { isCounted } from "./count-rows.ts";
import { type Dimension, shownValue } from "./dimension.ts";
import { toQuestion } from "./question.ts";

type Row = { start: string; value: string | null; isTop: boolean; count: string };

function labelOf(row: Row, by: Dimension): string {
  // No object that is parsed from JSON can be trusted with a member of this name.
  if (!row.isTop || row.value === "__proto__") return otherValues;
  return row.value === null ? noValue : shownValue(by, row.value);
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
    const question = await toQuestion(deps, principal, input);
    const { from, to, by } = input;
    const { interval, step, starts } = bucketsOf(Date.parse(from), Date.parse(to), input.interval);
    const asked = { ...question, userId, by: [by ?? "level"] as const };
    const pieces = isCounted(asked) ? undefined : await findPieces(deps.database, userId, question);
    const counting = { ...asked, step, pieces, now: deps.now().getTime() };
    const rows = await deps.database
      .searches({ userId })
      .execute<Row>(chartStatement(counting, by !== undefined));
    return { interval, buckets: toBuckets(starts, rows, by) };
  });

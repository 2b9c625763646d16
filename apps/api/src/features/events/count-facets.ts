import type { Database } from "@muniment/db/database.ts";
import type { Facets } from "@muniment/shared/events.ts";
import { type SQL, sql } from "drizzle-orm";
import { findPieces } from "./candidates.ts";
import { countReads, countRows, isCounted } from "./count-rows.ts";
import { type Dimension, isCountedDimension, shownValue } from "./dimension.ts";
import type { Question } from "./question.ts";

/** More single events are not counted: beyond them the counts would say little else, and take seconds. */
const mostEvents = 100_000;

type Row = { mask: number; value: string | null; count: string };

/** The most frequent values of several fields, all in one pass over the rows that count them. */
function facetsSql(fields: readonly Dimension[], rows: SQL, limit: number): SQL {
  const names = fields.map((_, index) => sql`${sql.identifier(`v${index}`)}`);
  const all = sql.join(names, sql`, `);
  const sets = sql.join([...names.map((name) => sql`(${name})`), sql`()`], sql`, `);
  return sql`
    with counted as (
      select grouping(${all}) as mask, coalesce(${all}) as value, sum(count) as count,
        row_number() over (
          partition by grouping(${all}) order by sum(count) desc, coalesce(${all})
        ) as rank
      from (${rows}) rows group by grouping sets (${sets}) having sum(count) <> 0
    )
    select mask, value, count from counted where rank <= ${limit} order by mask, rank`;
}

/** Of all fields together, so of all that was counted. */
const totalMask = (fields: readonly Dimension[]) => 2 ** fields.length - 1;

/** grouping() has one bit per field, the first field's highest; 0 marks the field that is counted. */
const maskOf = (fields: readonly Dimension[], index: number) =>
  totalMask(fields) ^ (1 << (fields.length - 1 - index));

/** The most frequent values of each field among the events that pass, with their counts. */
export async function countFacets(
  database: Database,
  userId: string,
  question: Question,
  {
    fields,
    limit,
    now,
    newest = mostEvents,
  }: { fields: readonly Dimension[]; limit: number; now: number; newest?: number },
): Promise<Facets> {
  async function count(some: readonly Dimension[]) {
    if (some.length === 0) return [];
    const asked = { ...question, userId, by: some };
    const pieces = isCounted(asked) ? undefined : await findPieces(database, userId, question);
    const counting = { ...asked, pieces, now, newest };
    const statement = facetsSql(some, countRows(counting), limit);
    const rows = await countReads(database, counting).execute<Row>(statement);
    const total = Number(rows.find(({ mask }) => mask === totalMask(some))?.count ?? 0);
    const isPart = !isCounted(asked) && !pieces && total === newest;
    return some.map((field, index) => ({
      field,
      ...(isPart ? { newest } : {}),
      values: rows
        .filter(({ mask }) => mask === maskOf(some, index))
        .map(({ value, count }) => ({
          value: value === null ? null : shownValue(field, value),
          count: Number(count),
        })),
    }));
  }

  // Apart, so that fields that the counts know need no look at the events.
  const known = fields.filter(isCountedDimension);
  const others = fields.filter((field) => !isCountedDimension(field));
  const counted = [...(await count(known)), ...(await count(others))];
  return {
    facets: fields.map(
      (field) => counted.find((facet) => facet.field === field) ?? { field, values: [] },
    ),
  };
}

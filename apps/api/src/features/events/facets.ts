import { events } from "@muniment/db/schema/events.ts";
import { facetsInput, facets as output } from "@muniment/shared/events.ts";
import { and, eq, type SQL, sql } from "drizzle-orm";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { dimensionText, shownValue } from "./dimension.ts";
import { filterConditions } from "./filters.ts";
import { rangeConditions, toTimeRange } from "./time-range.ts";

const defaultLimit = 10;

type Row = { mask: number; value: string | null; count: string };

/** The most frequent values of each field with their counts, all in one pass over the events. */
export const facets = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .concat(inTurn)
  .input(facetsInput)
  .output(output)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const searches = deps.database.searches({ userId });
    const { fields, limit = defaultLimit } = input;
    const names = fields.map((_, index) => sql.identifier(`v${index}`));
    const columns = Object.fromEntries(
      fields.map((field, index) => [`v${index}`, dimensionText(field).as(`v${index}`)]),
    );
    const picked = searches
      .select(columns)
      .from(events)
      .where(
        and(
          eq(events.userId, userId),
          ...rangeConditions(toTimeRange(input)),
          ...filterConditions(input),
        ),
      );
    const list = (parts: SQL[]) => sql.join(parts, sql`, `);
    const all = list(names.map((name) => sql`${name}`));
    const sets = list(names.map((name) => sql`(${name})`));
    const rows = await searches.execute<Row>(sql`
        with picked as (${picked}), counted as (
          select grouping(${all}) as mask, coalesce(${all}) as value, count(*) as count,
            row_number() over (
              partition by grouping(${all}) order by count(*) desc, coalesce(${all})
            ) as rank
          from picked group by grouping sets (${sets})
        )
        select mask, value, count from counted where rank <= ${limit} order by mask, rank`);
    // grouping() has one bit per field, the first field's highest; 0 marks the field that is counted.
    const maskOf = (index: number) => (2 ** fields.length - 1) ^ (1 << (fields.length - 1 - index));
    return {
      facets: fields.map((field, index) => ({
        field,
        values: rows
          .filter(({ mask }) => mask === maskOf(index))
          .map(({ value, count }) => ({
            value: value === null ? null : shownValue(field, value),
            count: Number(count),
          })),
      })),
    };
  });

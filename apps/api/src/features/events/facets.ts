import { facetsInput, facets as output } from "@muniment/shared/events.ts";
import { type SQL, sql } from "drizzle-orm";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { findPieces } from "./candidates.ts";
import { countRows, isCounted } from "./count-rows.ts";
import { type Dimension, isCountedDimension, shownValue } from "./dimension.ts";
import { toQuestion } from "./question.ts";

const defaultLimit = 10;

type Row = { mask: number; value: string | null; count: string };

/** The most frequent values of several fields, all in one pass over the rows that count them. */
function facetsSql(fields: readonly Dimension[], rows: SQL, limit: number): SQL {
  const names = fields.map((_, index) => sql`${sql.identifier(`v${index}`)}`);
  const all = sql.join(names, sql`, `);
  const sets = sql.join(
    names.map((name) => sql`(${name})`),
    sql`, `,
  );
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

/** grouping() has one bit per field, the first field's highest; 0 marks the field that is counted. */
const maskOf = (fields: readonly Dimension[], index: number) =>
  (2 ** fields.length - 1) ^ (1 << (fields.length - 1 - index));

/** The most frequent values of each field with their counts. */
export const facets = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .concat(inTurn)
  .input(facetsInput)
  .output(output)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const { limit = defaultLimit } = input;
    const question = await toQuestion(deps, principal, input);
    const now = deps.now().getTime();

    async function count(fields: readonly Dimension[]) {
      if (fields.length === 0) return [];
      const asked = { ...question, userId, by: fields };
      const pieces = isCounted(asked)
        ? undefined
        : await findPieces(deps.database, userId, question);
      const counting = countRows({ ...asked, pieces, now });
      const rows = await deps.database
        .searches({ userId })
        .execute<Row>(facetsSql(fields, counting, limit));
      return fields.map((field, index) => ({
        field,
        values: rows
          .filter(({ mask }) => mask === maskOf(fields, index))
          .map(({ value, count }) => ({
            value: value === null ? null : shownValue(field, value),
            count: Number(count),
          })),
      }));
    }

    // Apart, so that fields that the counts know need no look at the events.
    const known = input.fields.filter(isCountedDimension);
    const others = input.fields.filter((field) => !isCountedDimension(field));
    const counted = [...(await count(known)), ...(await count(others))];
    return {
      facets: input.fields.map((field) => ({
        field,
        values: counted.find((facet) => facet.field === field)?.values ?? [],
      })),
    };
  });

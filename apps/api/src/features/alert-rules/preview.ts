import { alertPreview, previewAlertRuleInput } from "@muniment/shared/alert-rules.ts";
import { sql } from "drizzle-orm";
import { signedIn } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { batchesSince, passing, windowStart } from "./arrivals.ts";

/** Of what arrived no more is looked at, and no more counted. */
const maxBatches = 5000;
const maxCount = 10_000;

/** How many events a rule would count now. */
export const preview = limited("general")
  .concat(signedIn)
  .concat(permission("alertRules:read"))
  .concat(inTurn)
  .input(previewAlertRuleInput)
  .output(alertPreview)
  .query(async ({ ctx: { deps, principal }, input: { query, threshold, windowMinutes } }) => {
    const { userId } = principal;
    const asked = await deps.eventQueries.resolve(userId, query);
    const since = windowStart(deps.now(), windowMinutes);
    const batches = batchesSince(userId, since, maxBatches);
    const rows = passing(userId, batches, deps.eventQueries.condition(asked));
    const [row] = await deps.database
      .searches({ userId })
      .execute<{ count: string; batches: string }>(sql`
      select (select count(*) from (${rows} limit ${maxCount + 1}) arrived)::text as count,
        (select count(*) from ${batches})::text as batches`);
    const found = Number(row?.count ?? 0);
    const capped = found > maxCount || Number(row?.batches ?? 0) === maxBatches;
    const count = Math.min(found, maxCount);
    return { count, capped, fires: count > threshold };
  });

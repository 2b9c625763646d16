import { alertFirings, alertRules } from "@muniment/db/schema/alert-rules.ts";
import { alertFiringPage, alertHistoryInput } from "@muniment/shared/alert-rules.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { noSuchRule } from "./own-alert-rule.ts";
import { toAlertFiring } from "./read-alert-rules.ts";

/** When a rule fired, newest first. */
export const history = limited("general")
  .concat(signedIn)
  .concat(permission("alertRules:read"))
  .input(alertHistoryInput)
  .output(alertFiringPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const reads = deps.database.reads({ userId });
    const page = keysetPage(deps, `alert-history:${userId}`, input);
    const [rule] = await reads
      .select({ id: alertRules.id })
      .from(alertRules)
      .where(and(eq(alertRules.id, input.id), eq(alertRules.userId, userId)));
    if (!rule) throw noSuchRule();
    const rows = await reads
      .select()
      .from(alertFirings)
      .where(
        and(
          eq(alertFirings.ruleId, input.id),
          eq(alertFirings.userId, userId),
          page.after(alertFirings.openedAt, alertFirings.id),
        ),
      )
      .orderBy(desc(alertFirings.openedAt), desc(alertFirings.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.openedAt, id: row.id }), toAlertFiring);
  });

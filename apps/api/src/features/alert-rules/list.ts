import { alertRules } from "@muniment/db/schema/alert-rules.ts";
import { alertRulePage, listAlertRulesInput } from "@muniment/shared/alert-rules.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toAlertRule } from "./read-alert-rules.ts";

/** The caller's alert rules, newest first. */
export const list = limited("general")
  .concat(signedIn)
  .concat(permission("alertRules:read"))
  .input(listAlertRulesInput)
  .output(alertRulePage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const page = keysetPage(deps, `alert-rules:${userId}`, input);
    const rows = await deps.database
      .reads({ userId })
      .select()
      .from(alertRules)
      .where(and(eq(alertRules.userId, userId), page.after(alertRules.createdAt, alertRules.id)))
      .orderBy(desc(alertRules.createdAt), desc(alertRules.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toAlertRule);
  });

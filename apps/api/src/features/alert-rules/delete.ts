import { alertRules } from "@muniment/db/schema/alert-rules.ts";
import { alertRuleIdInput } from "@muniment/shared/alert-rules.ts";
import { and, eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { noSuchRule } from "./own-alert-rule.ts";

/** Deletes a rule with its history. */
export const deleteAlertRule = limited("general")
  .concat(signedIn)
  .concat(permission("alertRules:write"))
  .input(alertRuleIdInput)
  .concat(audited("alert_rule.deleted"))
  .output(alertRuleIdInput)
  .mutation(async ({ ctx: { tx, audit, principal }, input }) => {
    const [deleted] = await tx
      .delete(alertRules)
      .where(and(eq(alertRules.id, input.id), eq(alertRules.userId, principal.userId)))
      .returning({ name: alertRules.name });
    if (!deleted) throw noSuchRule();
    await audit({ target: { kind: "alert_rule", id: input.id, label: deleted.name } });
    return input;
  });

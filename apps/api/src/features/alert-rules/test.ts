import { alertRuleIdInput } from "@muniment/shared/alert-rules.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { mailLimitedForSelf } from "../../trpc/mail-limited.ts";
import { permission } from "../../trpc/permission.ts";
import { sendNotice } from "./notices.ts";
import { lockOwnRule } from "./own-alert-rule.ts";

/** Sends what the rule would send, marked as a test. */
export const test = limited("general")
  .concat(signedIn)
  .concat(permission("alertRules:write"))
  .concat(mailLimitedForSelf)
  .input(alertRuleIdInput)
  .concat(audited("alert_rule.tested"))
  .output(alertRuleIdInput)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const rule = await lockOwnRule(tx, input.id, principal.userId);
    const { jobs, mailer, config } = deps;
    const notifier = { jobs, mailer, publicUrl: config.publicUrl };
    await sendNotice(tx, notifier, rule, "alert_rule.test", {}, deps.now());
    await audit({ target: { kind: "alert_rule", id: rule.id, label: rule.name } });
    return input;
  });

import { alertRuleCounts, alertRules } from "@muniment/db/schema/alert-rules.ts";
import { alertRule, updateAlertRuleInput } from "@muniment/shared/alert-rules.ts";
import { eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { requireOwnWebhooks } from "../../webhooks/own-webhooks.ts";
import { placeNow } from "./arrivals.ts";
import { endFiring, lockOwnRule } from "./own-alert-rule.ts";
import { toAlertRule } from "./read-alert-rules.ts";

/** Changes of these make it another question, which is asked of the whole window again. */
const restarting = ["query", "threshold", "windowMinutes", "enabled"] as const;

export const update = limited("general")
  .concat(signedIn)
  .concat(permission("alertRules:write"))
  .input(updateAlertRuleInput)
  .use(async function checkQuery({ ctx, input, next }) {
    if (input.query !== undefined) {
      await ctx.deps.eventQueries.resolve(ctx.principal.userId, input.query);
    }
    return next();
  })
  .concat(audited("alert_rule.updated"))
  .output(alertRule)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { userId } = principal;
    const { id, mutedUntil, webhookIds, ...plain } = input;
    const old = await lockOwnRule(tx, id, userId);
    const now = deps.now();
    const changes = {
      ...Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)),
      ...(mutedUntil === undefined
        ? {}
        : { mutedUntil: mutedUntil === null ? null : new Date(mutedUntil) }),
      ...(webhookIds === undefined
        ? {}
        : { webhookIds: await requireOwnWebhooks(tx, webhookIds, userId) }),
    };
    const restarts = restarting.some(
      (name) => plain[name] !== undefined && plain[name] !== old[name],
    );
    if (restarts) {
      await endFiring(tx, old, now);
      await tx.delete(alertRuleCounts).where(eq(alertRuleCounts.ruleId, id));
    }
    const afresh = restarts && {
      ...(await placeNow(tx)),
      ...{ firingId: null, firingSince: null, lastCount: 0, problem: null, nextCheckAt: now },
    };
    const [row] = await tx
      .update(alertRules)
      .set({ ...changes, ...(afresh || {}), updatedAt: now })
      .where(eq(alertRules.id, id))
      .returning();
    if (!row) throw new Error("a locked alert rule is gone");
    await audit({
      target: { kind: "alert_rule", id, label: row.name },
      details: { fields: Object.keys(changes) },
    });
    return toAlertRule(row);
  });

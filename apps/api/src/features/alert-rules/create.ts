import { alertRules } from "@muniment/db/schema/alert-rules.ts";
import { users } from "@muniment/db/schema/users.ts";
import { alertRule, createAlertRuleInput, maxAlertRules } from "@muniment/shared/alert-rules.ts";
import { count, eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { requireOwnWebhooks } from "../../webhooks/own-webhooks.ts";
import { placeNow } from "./arrivals.ts";
import { toAlertRule } from "./read-alert-rules.ts";

export const create = limited("general")
  .concat(signedIn)
  .concat(permission("alertRules:write"))
  .input(createAlertRuleInput)
  .use(async function checkQuery({ ctx, input, next }) {
    await ctx.deps.eventQueries.resolve(ctx.principal.userId, input.query);
    return next();
  })
  .concat(audited("alert_rule.created"))
  .output(alertRule)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { userId } = principal;
    // Those that come at once take turns, so that none is counted past the bound.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("no key update");
    const [known] = await tx
      .select({ count: count() })
      .from(alertRules)
      .where(eq(alertRules.userId, userId));
    if ((known?.count ?? 0) >= maxAlertRules) {
      throw new AppError("too_many", `There are ${maxAlertRules} alert rules already.`);
    }
    const now = deps.now();
    const id = uuidv7();
    const webhookIds = await requireOwnWebhooks(tx, input.webhookIds, userId);
    const place = await placeNow(tx);
    const times = { nextCheckAt: now, createdAt: now, updatedAt: now };
    const [row] = await tx
      .insert(alertRules)
      .values({ ...input, id, userId, webhookIds, ...place, ...times })
      .returning();
    if (!row) throw new Error("the alert rule was not stored");
    await audit({ target: { kind: "alert_rule", id, label: row.name } });
    return toAlertRule(row);
  });

import type { Tx } from "@muniment/db/database.ts";
import { alertFirings, alertRules } from "@muniment/db/schema/alert-rules.ts";
import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { and, eq, inArray } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import type { Rule } from "./arrivals.ts";

export const noSuchRule = () => new AppError("not_found", "There is no such alert rule.");

/** A user's rule, locked until the transaction ends. @throws AppError `not_found` */
export async function lockOwnRule(tx: Tx, id: string, userId: string): Promise<Rule> {
  const [row] = await tx
    .select()
    .from(alertRules)
    .where(and(eq(alertRules.id, id), eq(alertRules.userId, userId)))
    .for("update");
  if (!row) throw noSuchRule();
  return row;
}

/** @throws AppError `not_found` unless each is a webhook of the user's */
export async function requireOwnWebhooks(tx: Tx, ids: readonly string[], userId: string) {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return wanted;
  const found = await tx
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(and(eq(webhooks.userId, userId), inArray(webhooks.id, wanted)));
  if (found.length < wanted.length) throw new AppError("not_found", "There is no such webhook.");
  return wanted;
}

/** Ends what a rule fires without telling anybody: its owner has just changed it. */
export async function endFiring(tx: Tx, { firingId }: Rule, now: Date): Promise<void> {
  if (firingId === null) return;
  await tx.update(alertFirings).set({ resolvedAt: now }).where(eq(alertFirings.id, firingId));
}

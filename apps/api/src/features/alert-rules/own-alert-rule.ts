import type { Tx } from "@muniment/db/database.ts";
import { alertFirings, alertRules } from "@muniment/db/schema/alert-rules.ts";
import { and, eq } from "drizzle-orm";
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

/** Ends what a rule fires without telling anybody: its owner has just changed it. */
export async function endFiring(tx: Tx, { firingId }: Rule, now: Date): Promise<void> {
  if (firingId === null) return;
  await tx.update(alertFirings).set({ resolvedAt: now }).where(eq(alertFirings.id, firingId));
}

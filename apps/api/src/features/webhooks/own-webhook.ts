import type { Tx } from "@muniment/db/database.ts";
import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";

export const noSuchWebhook = () => new AppError("not_found", "There is no such webhook.");

/** A user's webhook, locked until the transaction ends. @throws AppError `not_found` */
export async function lockOwnWebhook(tx: Tx, id: string, userId: string) {
  const [row] = await tx
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.id, id), eq(webhooks.userId, userId)))
    .for("update");
  if (!row) throw noSuchWebhook();
  return row;
}

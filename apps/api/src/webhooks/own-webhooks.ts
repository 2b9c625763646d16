import type { Tx } from "@muniment/db/database.ts";
import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { and, eq, inArray } from "drizzle-orm";
import { AppError } from "../errors.ts";

/** The ids, none twice. @throws AppError `not_found` unless each is a webhook of the user's */
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

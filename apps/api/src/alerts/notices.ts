import type { Tx } from "@muniment/db/database.ts";
import { alertNotices } from "@muniment/db/schema/alerts.ts";
import { type AlertNotices, defaultAlertNotices } from "@muniment/shared/alerts.ts";
import { eq } from "drizzle-orm";

/** What a user has chosen to be told of; the caller is in that user's scope. */
export async function readNotices(tx: Pick<Tx, "select">, userId: string): Promise<AlertNotices> {
  const { severity, email, webhookIds } = alertNotices;
  const [chosen] = await tx
    .select({ severity, email, webhookIds })
    .from(alertNotices)
    .where(eq(alertNotices.userId, userId));
  return chosen ?? defaultAlertNotices;
}

import { alertRules } from "@muniment/db/schema/alert-rules.ts";
import { alertNotices } from "@muniment/db/schema/alerts.ts";
import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { webhookIdInput } from "@muniment/shared/webhooks.ts";
import { and, eq, sql } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { noSuchWebhook } from "./own-webhook.ts";

/** Deletes a webhook with its log; what waits for it is not sent, and alarms no longer arrive there. */
export const deleteWebhook = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:write"))
  .concat(recentlyAuthenticated)
  .input(webhookIdInput)
  .concat(audited("webhook.deleted"))
  .output(webhookIdInput)
  .mutation(async ({ ctx: { tx, audit, principal }, input: { id } }) => {
    const { userId } = principal;
    const [deleted] = await tx
      .delete(webhooks)
      .where(and(eq(webhooks.id, id), eq(webhooks.userId, userId)))
      .returning({ name: webhooks.name });
    if (!deleted) throw noSuchWebhook();
    for (const table of [alertRules, alertNotices]) {
      await tx
        .update(table)
        .set({ webhookIds: sql`array_remove(${table.webhookIds}, ${id}::uuid)` })
        .where(and(eq(table.userId, userId), sql`${id}::uuid = any (${table.webhookIds})`));
    }
    await audit({ target: { kind: "webhook", id, label: deleted.name } });
    return { id };
  });

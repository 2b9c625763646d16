import { alertRules } from "@muniment/db/schema/alert-rules.ts";
import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { webhookIdInput } from "@muniment/shared/webhooks.ts";
import { and, eq, sql } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { noSuchWebhook } from "./own-webhook.ts";

/** Deletes a webhook with its log; what waits for it is not sent. */
export const deleteWebhook = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:write"))
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
    await tx
      .update(alertRules)
      .set({ webhookIds: sql`array_remove(${alertRules.webhookIds}, ${id}::uuid)` })
      .where(and(eq(alertRules.userId, userId), sql`${id}::uuid = any (${alertRules.webhookIds})`));
    await audit({ target: { kind: "webhook", id, label: deleted.name } });
    return { id };
  });

import { webhookDeliveries, webhooks } from "@muniment/db/schema/webhooks.ts";
import { deliveryPage, listDeliveriesInput } from "@muniment/shared/webhooks.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { noSuchWebhook } from "./own-webhook.ts";
import { toDelivery } from "./read-webhooks.ts";

/** What was sent to a webhook and what became of it, newest first. */
export const deliveries = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:read"))
  .input(listDeliveriesInput)
  .output(deliveryPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const reads = deps.database.reads({ userId });
    const page = keysetPage(deps, `deliveries:${userId}`, input);
    const [webhook] = await reads
      .select({ id: webhooks.id })
      .from(webhooks)
      .where(and(eq(webhooks.id, input.id), eq(webhooks.userId, userId)));
    if (!webhook) throw noSuchWebhook();
    const rows = await reads
      .select()
      .from(webhookDeliveries)
      .where(
        and(
          eq(webhookDeliveries.webhookId, input.id),
          eq(webhookDeliveries.userId, userId),
          input.status ? eq(webhookDeliveries.status, input.status) : undefined,
          page.after(webhookDeliveries.createdAt, webhookDeliveries.id),
        ),
      )
      .orderBy(desc(webhookDeliveries.createdAt), desc(webhookDeliveries.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toDelivery);
  });

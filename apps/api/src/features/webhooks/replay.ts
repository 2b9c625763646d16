import { webhookDeliveries, webhooks } from "@muniment/db/schema/webhooks.ts";
import { delivery, deliveryIdInput } from "@muniment/shared/webhooks.ts";
import { and, eq, ne } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { deliverWebhookQueue } from "../../job-queues.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { turnOf } from "../../webhooks/emit.ts";
import { toDelivery } from "./read-webhooks.ts";

/** Sends a delivery again, the same text under the same id, which tells a receiver that it had it. */
export const replay = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:write"))
  .input(deliveryIdInput)
  .concat(audited("webhook.replayed"))
  .output(delivery)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input: { id } }) => {
    const { userId } = principal;
    const mine = and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.userId, userId));
    const [row] = await tx
      .update(webhookDeliveries)
      .set({ status: "pending", tries: 0, nextAttemptAt: deps.now(), settledAt: null })
      .where(and(mine, ne(webhookDeliveries.status, "pending")))
      .returning();
    if (!row) {
      const [waiting] = await tx.select().from(webhookDeliveries).where(mine);
      if (waiting) throw new AppError("already_exists", "This delivery is waiting to be sent.");
      throw new AppError("not_found", "There is no such delivery.");
    }
    const [webhook] = await tx
      .select({ name: webhooks.name })
      .from(webhooks)
      .where(eq(webhooks.id, row.webhookId));
    const turn = turnOf(userId, row.webhookId);
    await deps.jobs.enqueue(tx, deliverWebhookQueue, { userId, deliveryId: id }, { turn });
    await audit({
      target: { kind: "webhook", id: row.webhookId, label: webhook?.name ?? "" },
      details: { deliveryId: id },
    });
    return toDelivery(row);
  });

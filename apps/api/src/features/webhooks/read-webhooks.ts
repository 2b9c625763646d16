import type { webhookDeliveries, webhooks } from "@muniment/db/schema/webhooks.ts";
import type { Delivery, Webhook } from "@muniment/shared/webhooks.ts";

export const toWebhook = (row: typeof webhooks.$inferSelect): Webhook => ({
  id: row.id,
  name: row.name,
  url: row.url,
  enabled: row.enabled,
  disabledForFailing: row.disabledForFailing,
  failingSince: row.failingSince?.toISOString() ?? null,
  lastDeliveredAt: row.lastDeliveredAt?.toISOString() ?? null,
  previousSecretUntil: row.previousSecretUntil?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

export const toDelivery = (row: typeof webhookDeliveries.$inferSelect): Delivery => ({
  id: row.id,
  webhookId: row.webhookId,
  sequence: row.sequence,
  topic: row.topic,
  status: row.status,
  body: row.body,
  attempts: row.attempts,
  createdAt: row.createdAt.toISOString(),
  nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
  settledAt: row.settledAt?.toISOString() ?? null,
});

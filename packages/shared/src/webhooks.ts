import { z } from "zod";
import { name, page, pageInput, timestamp, uuid } from "./values.ts";

export const maxWebhooks = 20;

/** Deliveries of one user that may wait at a time; what comes on top is recorded as failed. */
export const maxWaitingDeliveries = 1000;

/** What a delivery tells of. */
export const webhookTopics = [
  "webhook.test",
  "alert_rule.fired",
  "alert_rule.resolved",
  "alert_rule.test",
  "alert.raised",
] as const;
export type WebhookTopic = (typeof webhookTopics)[number];

/** Where deliveries go; judged again by the server, which looks the host up. */
const url = z.string().min(1).max(2048);

export const webhook = z.strictObject({
  id: uuid,
  name: z.string(),
  url: z.string(),
  enabled: z.boolean(),
  /** Turned off by the server, because nothing arrived for days. */
  disabledForFailing: z.boolean(),
  /** Since when no delivery has arrived; null while they do. */
  failingSince: timestamp.nullable(),
  lastDeliveredAt: timestamp.nullable(),
  /** Until then deliveries are signed with the former secret too. */
  previousSecretUntil: timestamp.nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type Webhook = z.infer<typeof webhook>;

/** The only answers that ever hold the secret. */
export const webhookWithSecret = webhook.extend({ secret: z.string() });
export type WebhookWithSecret = z.infer<typeof webhookWithSecret>;

export const createWebhookInput = z.strictObject({ name, url });
export const updateWebhookInput = z
  .strictObject({
    id: uuid,
    name: name.optional(),
    url: url.optional(),
    enabled: z.boolean().optional(),
  })
  .refine(({ id: _, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
    message: "nothing to change",
  });
export const listWebhooksInput = z.strictObject(pageInput).optional();
export const webhookPage = page(webhook);
export const webhookIdInput = z.strictObject({ id: uuid });
export const rotateWebhookSecretInput = z.strictObject({
  id: uuid,
  overlapSeconds: z
    .number()
    .int()
    .min(0)
    .max(7 * 86_400)
    .default(86_400),
});

export const deliveryStatuses = ["pending", "delivered", "failed"] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** One attempt at a delivery: what was answered, or why nothing was. */
export const deliveryAttempt = z.strictObject({
  at: timestamp,
  durationMs: z.number().int().min(0),
  status: z.number().int().nullable(),
  /** The beginning of the answer. */
  answer: z.string().nullable(),
  error: z.string().nullable(),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttempt>;

export const delivery = z.strictObject({
  id: uuid,
  webhookId: uuid,
  /** Rises by one with each delivery of the webhook. */
  sequence: z.number().int(),
  topic: z.enum(webhookTopics),
  status: z.enum(deliveryStatuses),
  body: z.string(),
  attempts: z.array(deliveryAttempt),
  createdAt: timestamp,
  nextAttemptAt: timestamp.nullable(),
  settledAt: timestamp.nullable(),
});
export type Delivery = z.infer<typeof delivery>;

export const listDeliveriesInput = z.strictObject({
  id: uuid,
  status: z.enum(deliveryStatuses).optional(),
  ...pageInput,
});
export const deliveryPage = page(delivery);
export const deliveryIdInput = z.strictObject({ id: uuid });

import type { Tx } from "@muniment/db/database.ts";
import { webhookDeliveries, webhooks } from "@muniment/db/schema/webhooks.ts";
import { maxWaitingDeliveries, type WebhookTopic } from "@muniment/shared/webhooks.ts";
import { and, eq, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { deliverWebhookQueue } from "../job-queues.ts";
import type { Jobs } from "../jobs.ts";

type Emission = {
  userId: string;
  webhookIds: readonly string[];
  topic: WebhookTopic;
  data: Record<string, unknown>;
  now: Date;
};

/** At most this many deliveries of one user are under way at a time, and of one webhook one. */
const turnsPerUser = 4;

/** Jobs of one webhook take turns, with those of a few others of the same user. */
export const turnOf = (userId: string, webhookId: string) =>
  `webhook:${userId}:${Number.parseInt(webhookId.slice(-2), 16) % turnsPerUser}`;

async function isFull(tx: Tx, userId: string): Promise<boolean> {
  const waiting = tx
    .select({ one: sql`1` })
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.userId, userId), eq(webhookDeliveries.status, "pending")))
    .limit(maxWaitingDeliveries);
  const [row] = await tx.execute<{ count: string }>(sql`select count(*) from (${waiting}) waiting`);
  return Number(row?.count) >= maxWaitingDeliveries;
}

/**
 * Writes a delivery for each of a user's webhooks, to be sent if and only if the transaction of its
 * cause commits. One that is turned off gets nothing but tests. Answers the ids of the deliveries.
 */
export async function emitDeliveries(
  tx: Tx,
  jobs: Jobs,
  { userId, webhookIds, topic, data, now }: Emission,
): Promise<string[]> {
  const full = await isFull(tx, userId);
  const ids: string[] = [];
  // In one order everywhere, so that two causes do not wait for each other.
  for (const webhookId of [...webhookIds].sort()) {
    const [webhook] = await tx
      .update(webhooks)
      .set({ lastSequence: sql`${webhooks.lastSequence} + 1` })
      .where(
        and(
          eq(webhooks.id, webhookId),
          eq(webhooks.userId, userId),
          topic === "webhook.test" ? undefined : eq(webhooks.enabled, true),
        ),
      )
      .returning({ sequence: webhooks.lastSequence });
    if (!webhook) continue;
    const id = uuidv7();
    const { sequence } = webhook;
    const body = { id, type: topic, createdAt: now.toISOString(), sequence, data };
    const waits = { status: "pending" as const, attempts: [], nextAttemptAt: now };
    const error = "Too many deliveries were waiting already.";
    const attempt = { at: now.toISOString(), durationMs: 0, status: null, answer: null, error };
    const refused = { status: "failed" as const, attempts: [attempt], settledAt: now };
    await tx.insert(webhookDeliveries).values({
      ...{ id, userId, webhookId, sequence, topic, createdAt: now },
      body: JSON.stringify(body),
      ...(full ? refused : waits),
    });
    ids.push(id);
    if (full) continue;
    const turn = turnOf(userId, webhookId);
    await jobs.enqueue(tx, deliverWebhookQueue, { userId, deliveryId: id }, { turn });
  }
  return ids;
}

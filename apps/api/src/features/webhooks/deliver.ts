import type { Database, Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { webhookDeliveries, webhooks } from "@muniment/db/schema/webhooks.ts";
import type { DeliveryAttempt } from "@muniment/shared/webhooks.ts";
import { and, eq, sql } from "drizzle-orm";
import type { DataKeys } from "../../audit/data-keys.ts";
import { writeAuditEntry } from "../../audit/write.ts";
import type { Egress } from "../../egress/egress.ts";
import type { Encryption } from "../../encryption.ts";
import { deliverWebhookQueue } from "../../job-queues.ts";
import type { Jobs } from "../../jobs.ts";
import type { Notify } from "../../notices/notify.ts";
import { turnOf } from "../../webhooks/emit.ts";
import { placeOfSecret, signatureOf } from "../../webhooks/signature.ts";

export type DeliverInput = {
  dataKeys: DataKeys;
  database: Database;
  encryption: Encryption;
  egress: Egress;
  jobs: Jobs;
  notify: Notify;
  now: () => Date;
};

type Webhook = typeof webhooks.$inferSelect;
type Pending = { delivery: typeof webhookDeliveries.$inferSelect; webhook: Webhook };

const timeoutMilliseconds = 10_000;
const answerChars = 1024;
const maxTries = 10;
const firstWaitSeconds = 10;
const maxWaitSeconds = 43_200;
/** Turned off when nothing has arrived for so long, and so much was tried. */
const failingMilliseconds = 3 * 86_400_000;
const failingAttempts = 10;
/** Of all the attempts at one delivery the last so many are kept. */
const keptAttempts = 20;

/** Three times as long each time, and up to a quarter more or less: ten tries within about a day. */
export function waitSeconds(tries: number, random = Math.random()): number {
  const grown = Math.min(firstWaitSeconds * 3 ** (tries - 1), maxWaitSeconds);
  return Math.round(grown * (0.75 + random / 2));
}

/** The secrets that a delivery is signed with now, the newest first. */
function secretsOf({ encryption, now }: DeliverInput, webhook: Webhook): string[] {
  const { id, secret, previousSecret, previousSecretUntil } = webhook;
  const isOverlap = previousSecretUntil !== null && previousSecretUntil > now();
  const kept = previousSecret !== null && isOverlap ? [secret, previousSecret] : [secret];
  return kept.map((text) => encryption.decrypt(text, placeOfSecret(id)));
}

/** Text that the database can hold and a page can show. */
const shown = (text: string) =>
  text.replaceAll("\0", "\ufffd").slice(0, answerChars).toWellFormed();

async function attempt(
  input: DeliverInput,
  { delivery, webhook }: Pending,
): Promise<DeliveryAttempt> {
  const at = input.now();
  const from = performance.now();
  const result = { at: at.toISOString(), status: null, answer: null, error: null };
  const durationMs = () => Math.round(performance.now() - from);
  if (!webhook.enabled && delivery.topic !== "webhook.test") {
    return { ...result, durationMs: 0, error: "The webhook is turned off." };
  }
  const { id, sequence, topic, body, tries } = delivery;
  try {
    const { status, body: answer } = await input.egress.send({
      url: webhook.url,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "Muniment-Webhook/1",
        "muniment-delivery": id,
        "muniment-sequence": String(sequence),
        "muniment-topic": topic,
        "muniment-attempt": String(tries + 1),
        "muniment-signature": signatureOf(secretsOf(input, webhook), body, at),
      },
      body,
      timeoutMilliseconds,
      maxBodyBytes: 4 * answerChars,
    });
    const error = status >= 200 && status < 300 ? null : `The answer was ${status}.`;
    return {
      ...result,
      durationMs: durationMs(),
      status,
      answer: shown(answer),
      error,
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : "Something went wrong.";
    return { ...result, durationMs: durationMs(), error: shown(text) };
  }
}

/** Turns off a webhook to which nothing has arrived for days, and tells its owner. */
async function giveUp(
  tx: Tx,
  { dataKeys, notify, now }: DeliverInput,
  webhook: Webhook,
): Promise<void> {
  await tx
    .update(webhooks)
    .set({ enabled: false, disabledForFailing: true, updatedAt: now() })
    .where(eq(webhooks.id, webhook.id));
  await writeAuditEntry(tx, dataKeys, {
    at: now(),
    principal: { kind: "anonymous" },
    about: webhook.userId,
    action: "webhook.disabled",
    outcome: "success",
    target: { kind: "webhook", id: webhook.id, label: webhook.name },
    details: { failures: webhook.failures },
  });
  const [owner] = await tx
    .select({ email: users.email })
    .from(users)
    .where(eq(users.id, webhook.userId));
  if (owner) await notify(tx, owner.email, { kind: "webhook_disabled" });
}

async function countFailure(tx: Tx, input: DeliverInput, webhookId: string): Promise<void> {
  const now = input.now();
  const [row] = await tx
    .update(webhooks)
    .set({
      failures: sql`${webhooks.failures} + 1`,
      failingSince: sql`coalesce(${webhooks.failingSince}, ${now.toISOString()}::timestamptz)`,
    })
    .where(and(eq(webhooks.id, webhookId), eq(webhooks.enabled, true)))
    .returning();
  if (!row?.failingSince || row.failures < failingAttempts) return;
  if (now.getTime() - row.failingSince.getTime() >= failingMilliseconds) {
    await giveUp(tx, input, row);
  }
}

async function record(
  tx: Tx,
  input: DeliverInput,
  { delivery, webhook }: Pending,
  made: DeliveryAttempt,
): Promise<void> {
  const { id, userId, topic } = delivery;
  const now = input.now();
  const tries = delivery.tries + 1;
  const isTest = topic === "webhook.test";
  const isOver = made.error === null || tries >= maxTries || isTest || !webhook.enabled;
  const seconds = waitSeconds(tries);
  const [settled] = await tx
    .update(webhookDeliveries)
    .set({
      tries,
      attempts: [...delivery.attempts, made].slice(-keptAttempts),
      status: made.error === null ? "delivered" : isOver ? "failed" : "pending",
      nextAttemptAt: isOver ? null : new Date(now.getTime() + seconds * 1000),
      settledAt: isOver ? now : null,
    })
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.status, "pending")))
    .returning({ id: webhookDeliveries.id });
  if (!settled) return;
  if (!isOver) {
    const options = { delaySeconds: seconds, turn: turnOf(userId, webhook.id) };
    await input.jobs.enqueue(tx, deliverWebhookQueue, { userId, deliveryId: id }, options);
  }
  if (made.error === null) {
    await tx
      .update(webhooks)
      .set({ failures: 0, failingSince: null, lastDeliveredAt: now })
      .where(eq(webhooks.id, webhook.id));
  } else if (!isTest) {
    await countFailure(tx, input, webhook.id);
  }
}

/** Sends a delivery that waits, and writes down what became of it. One that was sent before a crash is sent again. */
export async function deliver(input: DeliverInput, userId: string, id: string): Promise<void> {
  const { database } = input;
  const [pending] = await database
    .background({ userId })
    .select({ delivery: webhookDeliveries, webhook: webhooks })
    .from(webhookDeliveries)
    .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
    .where(
      and(
        eq(webhookDeliveries.id, id),
        eq(webhookDeliveries.userId, userId),
        eq(webhookDeliveries.status, "pending"),
      ),
    );
  if (!pending) return;
  const made = await attempt(input, pending);
  await database.transaction({ userId }, (tx) => record(tx, input, pending, made));
}

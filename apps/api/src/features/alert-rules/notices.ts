import type { Tx } from "@muniment/db/database.ts";
import { alertFirings } from "@muniment/db/schema/alert-rules.ts";
import { users } from "@muniment/db/schema/users.ts";
import type { WebhookTopic } from "@muniment/shared/webhooks.ts";
import { and, count, eq, gt } from "drizzle-orm";
import type { Jobs } from "../../jobs.ts";
import type { Mailer } from "../../mailer.ts";
import { emitDeliveries } from "../../webhooks/emit.ts";
import type { Rule } from "./arrivals.ts";

export type Notifier = { jobs: Jobs; mailer: Mailer; publicUrl: URL };

type Topic = Extract<WebhookTopic, `alert_rule.${string}`>;
type Facts = { count?: number; peak?: number; openedAt?: Date; resolvedAt?: Date };

/** Notices of one user in an hour; what comes on top stands in the history only. */
const noticesPerHour = 30;

const subjects = {
  "alert_rule.fired": "Alert",
  "alert_rule.resolved": "Resolved",
  "alert_rule.test": "Test of an alert",
} as const satisfies Record<Topic, string>;

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

function sentence(topic: Topic, rule: Rule, { count: counted = 0, peak = 0 }: Facts): string {
  const window = `within ${plural(rule.windowMinutes, "minute")}`;
  const limit = `more than ${rule.threshold}`;
  if (topic === "alert_rule.test") {
    return `This is a test. The rule tells when ${limit} such events arrive ${window}.`;
  }
  if (topic === "alert_rule.resolved") {
    return `There are no ${limit} such events ${window} any more. At most there were ${peak}.`;
  }
  return `${plural(counted, "event")} arrived ${window}: ${limit}.`;
}

/** Tells by mail and webhooks, as the rule says, if and only if the transaction commits. */
export async function sendNotice(
  tx: Tx,
  { jobs, mailer, publicUrl }: Notifier,
  rule: Rule,
  topic: Topic,
  facts: Facts,
  now: Date,
): Promise<void> {
  const link = new URL("/alert-rules", publicUrl).href;
  const { id, name, query, threshold, windowMinutes, userId, webhookIds } = rule;
  const data = { rule: { id, name, query, threshold, windowMinutes }, ...facts, link };
  await emitDeliveries(tx, jobs, { userId, webhookIds, topic, data, now });
  if (!rule.email) return;
  const [owner] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId));
  if (!owner) return;
  const text = [
    `Rule: ${name}`,
    `Search: ${query === "" ? "every event" : query}`,
    sentence(topic, rule, facts),
    "",
    `When: ${(facts.resolvedAt ?? facts.openedAt ?? now).toUTCString()}`,
    `The rule and its history: ${link}`,
    "",
    `You get this because a rule of yours at ${publicUrl.origin} says so.`,
  ].join("\n");
  await mailer.send(tx, { to: owner.email, subject: `${subjects[topic]}: ${name}`, text });
}

/** Whether the user has been told so often within the hour that nothing more is sent. */
export async function isToldEnough(tx: Tx, userId: string, now: Date): Promise<boolean> {
  const since = new Date(now.getTime() - 3_600_000);
  const [told] = await tx
    .select({ count: count() })
    .from(alertFirings)
    .where(
      and(
        eq(alertFirings.userId, userId),
        eq(alertFirings.notified, true),
        gt(alertFirings.openedAt, since),
      ),
    );
  return (told?.count ?? 0) >= noticesPerHour;
}

import {
  type DeliveryAttempt,
  deliveryStatuses,
  webhookTopics,
} from "@muniment/shared/webhooks.ts";
import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";
import { users } from "./users.ts";

/** Where a user has notices sent to. Secrets are encrypted for `webhooks.secret:<id>`. */
export const webhooks = pgTable(
  "webhooks",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    url: text("url").notNull(),
    secret: text("secret").notNull(),
    previousSecret: text("previous_secret"),
    previousSecretUntil: time("previous_secret_until"),
    enabled: boolean("enabled").notNull().default(true),
    disabledForFailing: boolean("disabled_for_failing").notNull().default(false),
    failingSince: time("failing_since"),
    /** Attempts that failed since the last that did not. */
    failures: integer("failures").notNull().default(0),
    lastDeliveredAt: time("last_delivered_at"),
    lastSequence: bigint("last_sequence", { mode: "number" }).notNull().default(0),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [index("webhooks_user_id_idx").on(table.userId, table.createdAt, table.id)],
);

/** What is sent, written in the transaction of its cause, and what became of it. */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    webhookId: uuid("webhook_id")
      .notNull()
      .references(() => webhooks.id, { onDelete: "cascade" }),
    sequence: bigint("sequence", { mode: "number" }).notNull(),
    topic: text("topic", { enum: webhookTopics }).notNull(),
    /** The very text that is signed and sent. */
    body: text("body").notNull(),
    status: text("status", { enum: deliveryStatuses }).notNull(),
    /** Since it was made or replayed. */
    tries: integer("tries").notNull().default(0),
    attempts: jsonb("attempts").$type<DeliveryAttempt[]>().notNull(),
    createdAt: time("created_at").notNull(),
    nextAttemptAt: time("next_attempt_at"),
    settledAt: time("settled_at"),
  },
  (table) => [
    index("webhook_deliveries_webhook_id_idx").on(table.webhookId, table.createdAt, table.id),
    index("webhook_deliveries_created_at_idx").on(table.createdAt),
    index("webhook_deliveries_waiting_idx")
      .on(table.userId)
      .where(sql`${table.status} = 'pending'`),
  ],
);

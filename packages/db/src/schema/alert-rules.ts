import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { id, time, xid8 } from "./columns.ts";
import { users } from "./users.ts";

/**
 * What users want to be told of. A rule counts events as they arrive, each once: it has looked at every
 * receipt up to (`seen_xid`, `seen_position`), as a tail does (docs/adr/0019), except at those before
 * (`earlier_xid`, `earlier_position`), which had arrived before it was made; null once it has. Those places
 * mean nothing in a row that was restored, which another transaction wrote than its `written_xid`; a
 * trigger keeps that.
 */
export const alertRules = pgTable(
  "alert_rules",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    query: text("query").notNull(),
    threshold: integer("threshold").notNull(),
    windowMinutes: integer("window_minutes").notNull(),
    cooldownMinutes: integer("cooldown_minutes").notNull(),
    email: boolean("email").notNull(),
    webhookIds: uuid("webhook_ids").array().notNull(),
    enabled: boolean("enabled").notNull().default(true),
    mutedUntil: time("muted_until"),
    firingId: uuid("firing_id"),
    firingSince: time("firing_since"),
    lastNoticeAt: time("last_notice_at"),
    lastCount: integer("last_count").notNull().default(0),
    problem: text("problem"),
    seenXid: xid8("seen_xid").notNull(),
    seenPosition: bigint("seen_position", { mode: "bigint" }).notNull(),
    earlierXid: xid8("earlier_xid"),
    earlierPosition: bigint("earlier_position", { mode: "bigint" }),
    writtenXid: xid8("written_xid").notNull().default(sql`pg_current_xact_id()`),
    nextCheckAt: time("next_check_at").notNull(),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [
    index("alert_rules_user_id_idx").on(table.userId, table.createdAt, table.id),
    index("alert_rules_next_check_at_idx").on(table.nextCheckAt).where(sql`${table.enabled}`),
    index("alert_rules_new_idx")
      .on(table.userId, table.id)
      .where(sql`${table.earlierXid} is not null`),
  ],
);

/** How many matching events arrived in each sixtieth of a rule's window; older ones are removed. */
export const alertRuleCounts = pgTable(
  "alert_rule_counts",
  {
    ruleId: uuid("rule_id")
      .notNull()
      .references(() => alertRules.id, { onDelete: "cascade" }),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    start: time("start").notNull(),
    count: integer("count").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.ruleId, table.start] }),
    index("alert_rule_counts_user_id_idx").on(table.userId),
  ],
);

/** When rules fired, and for how long. */
export const alertFirings = pgTable(
  "alert_firings",
  {
    id: id(),
    ruleId: uuid("rule_id")
      .notNull()
      .references(() => alertRules.id, { onDelete: "cascade" }),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    openedAt: time("opened_at").notNull(),
    resolvedAt: time("resolved_at"),
    threshold: integer("threshold").notNull(),
    windowMinutes: integer("window_minutes").notNull(),
    count: integer("count").notNull(),
    peak: integer("peak").notNull(),
    notified: boolean("notified").notNull(),
  },
  (table) => [
    index("alert_firings_rule_id_idx").on(table.ruleId, table.openedAt, table.id),
    index("alert_firings_user_id_idx").on(table.userId),
    index("alert_firings_opened_at_idx").on(table.openedAt),
  ],
);

import { alertKindNames, alertSeverities } from "@muniment/shared/alerts.ts";
import { sql } from "drizzle-orm";
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";
import { users } from "./users.ts";

/**
 * Verdicts on suspicious activity, for administrators. While one is open, another of the same `key`
 * only adds to its count. An alert about a user goes with the user; the audit log stays.
 */
export const alerts = pgTable(
  "alerts",
  {
    id: id(),
    kind: text("kind", { enum: alertKindNames }).notNull(),
    severity: text("severity", { enum: alertSeverities }).notNull(),
    key: text("key").notNull(),
    aboutUserId: uuid("about_user_id").references(() => users.id, { onDelete: "cascade" }),
    details: jsonb("details").$type<Record<string, unknown>>().notNull(),
    count: integer("count").notNull(),
    openedAt: time("opened_at").notNull(),
    lastSeenAt: time("last_seen_at").notNull(),
    /** When administrators were told, or found to have been told enough; null while it waits for that. */
    toldAt: time("told_at"),
    /** Nobody was told, as there had been enough of its kind by then. */
    muted: boolean("muted").notNull().default(false),
    resolvedAt: time("resolved_at"),
    resolvedById: uuid("resolved_by_id").references(() => users.id, { onDelete: "set null" }),
  },
  (table) => [
    index("alerts_opened_at_idx").on(table.openedAt, table.id),
    index("alerts_about_user_id_idx").on(table.aboutUserId),
    index("alerts_resolved_by_id_idx").on(table.resolvedById),
    index("alerts_told_at_idx").on(table.toldAt, table.kind),
    uniqueIndex("alerts_open_key")
      .on(table.kind, table.key)
      .where(sql`${table.resolvedAt} is null`),
  ],
);

/** Which alerts an administrator is told of, and how; without a row `defaultAlertNotices` hold. */
export const alertNotices = pgTable("alert_notices", {
  userId: uuid("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  severity: text("severity", { enum: alertSeverities }).notNull(),
  email: boolean("email").notNull(),
  webhookIds: uuid("webhook_ids").array().notNull(),
  updatedAt: time("updated_at").notNull(),
});

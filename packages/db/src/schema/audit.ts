import { auditOutcomes } from "@muniment/shared/audit-log.ts";
import { sql } from "drizzle-orm";
import {
  index,
  integer,
  jsonb,
  pgTable,
  pgView,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";

/** Personal data of an entry, apart from the rest so that it can be made unreadable without touching the entry. */
export type AuditPersonal = {
  actorLabel?: string;
  targetLabel?: string;
  address?: string;
  userAgent?: string;
};

const columns = () => ({
  id: id(),
  at: time("at").notNull(),
  actorKind: text("actor_kind", { enum: ["user", "apiKey", "anonymous", "system"] }).notNull(),
  actorId: uuid("actor_id"),
  action: text("action").notNull(),
  targetKind: text("target_kind"),
  targetId: text("target_id"),
  outcome: text("outcome", { enum: auditOutcomes }).notNull(),
  requestId: text("request_id"),
  details: jsonb("details").$type<Record<string, unknown>>().notNull(),
  personal: jsonb("personal").$type<AuditPersonal>().notNull(),
});

/** The audit log. The application may insert and read, never update or delete (see the grants). */
export const auditEntries = pgTable("audit_entries", columns(), (table) => [
  index("audit_entries_at_idx").on(table.at, table.id),
  index("audit_entries_action_idx").on(table.action, table.at, table.id),
  index("audit_entries_actor_idx").on(table.actorId, table.at, table.id),
  index("audit_entries_target_idx").on(table.targetId, table.at, table.id),
]);

/**
 * Refusals of the running minute, counted per (caller, procedure, reason).
 * When the minute is over each row becomes one audit entry.
 */
export const auditRefusals = pgTable(
  "audit_refusals",
  {
    ...columns(),
    minute: time("minute").notNull(),
    caller: text("caller").notNull(),
    procedure: text("procedure").notNull(),
    reason: text("reason").notNull(),
    count: integer("count").notNull(),
  },
  (table) => [
    uniqueIndex("audit_refusals_key").on(table.minute, table.caller, table.procedure, table.reason),
  ],
);

/** Entries and the running minute's refusals, as readers see them. */
export const auditLog = pgView("audit_log", {
  ...columns(),
}).as(sql`
  select id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, request_id, details, personal
  from audit_entries
  union all
  select id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, request_id,
    details || jsonb_build_object('count', count), personal
  from audit_refusals
`);

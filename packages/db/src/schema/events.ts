import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  index,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";

const xid8 = customType<{ data: string }>({ dataType: () => "xid8" });

/**
 * Events, partitioned by `occurred_at` (the axis of search, charts and retention): a month each since
 * the installation's own year, a year each before. The reasons are in docs/adr/0002.
 */
export const events = pgTable(
  "events",
  {
    userId: uuid("user_id").notNull(),
    id: uuid("id").notNull(),
    agentId: uuid("agent_id").notNull(),
    apiKeyId: uuid("api_key_id").notNull(),
    batchId: uuid("batch_id").notNull(),
    type: text("type").notNull(),
    /** Place in `eventLevels`. */
    level: smallint("level").notNull(),
    message: text("message"),
    subject: text("subject"),
    traceId: text("trace_id"),
    seq: bigint("seq", { mode: "number" }),
    props: jsonb("props").$type<Record<string, unknown>>(),
    occurredAt: time("occurred_at").notNull(),
    receivedAt: time("received_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.occurredAt, table.id] }),
    // Each serves equality (and for the type a prefix) in the order of the page.
    index("events_type").on(table.userId, table.type, table.occurredAt, table.id),
    index("events_subject")
      .on(table.userId, table.subject, table.occurredAt, table.id)
      .where(sql`${table.subject} is not null`),
    index("events_trace_id")
      .on(table.userId, table.traceId, table.occurredAt, table.id)
      .where(sql`${table.traceId} is not null`),
  ],
);

/** Which ids a user has, with the digest of the content as sent: what makes an id unique across partitions. */
export const eventIds = pgTable(
  "event_ids",
  {
    userId: uuid("user_id").notNull(),
    id: uuid("id").notNull(),
    occurredAt: time("occurred_at").notNull(),
    digest: bytes("digest").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.id] })],
);

/**
 * One row per batch that stored anything. `commit_xid` and `position` give the order of the tail, which
 * reads only below the oldest running transaction, so that a late commit is never skipped.
 */
export const receipts = pgTable(
  "receipts",
  {
    userId: uuid("user_id").notNull(),
    batchId: uuid("batch_id").notNull(),
    commitXid: xid8("commit_xid").notNull(),
    position: bigint("position", { mode: "bigint" }).generatedAlwaysAsIdentity().notNull(),
    /** The keys of the batch's stored events in the order sent. */
    eventIds: uuid("event_ids").array().notNull(),
    eventTimes: time("event_times").array().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.batchId] }),
    index("receipts_tail").on(table.userId, table.commitXid, table.position),
  ],
);

/** What became of all that an agent sent with a key: sent = accepted + duplicates + rejected. */
export const agentCounters = pgTable(
  "agent_counters",
  {
    userId: uuid("user_id").notNull(),
    agentId: uuid("agent_id").notNull(),
    apiKeyId: uuid("api_key_id").notNull(),
    batches: bigint("batches", { mode: "number" }).notNull(),
    sent: bigint("sent", { mode: "number" }).notNull(),
    accepted: bigint("accepted", { mode: "number" }).notNull(),
    duplicates: bigint("duplicates", { mode: "number" }).notNull(),
    rejected: bigint("rejected", { mode: "number" }).notNull(),
    lastReceivedAt: time("last_received_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.agentId, table.apiKeyId] })],
);

/** One row: since when partitions are monthly. */
export const eventStorage = pgTable("event_storage", {
  one: boolean("one").primaryKey().default(true),
  monthlyFrom: time("monthly_from").notNull(),
});

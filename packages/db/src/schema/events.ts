import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  pgView,
  primaryKey,
  smallint,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, int8multirange, time, xid8 } from "./columns.ts";

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
 * One row per batch that stored anything, or for some small ones that were stored together, which then
 * has the id of the last. `commit_xid` and `position` give the order of the tail, which
 * reads only below the oldest running transaction, so that a late commit is never skipped.
 */
export const receipts = pgTable(
  "receipts",
  {
    userId: uuid("user_id").notNull(),
    batchId: uuid("batch_id").notNull(),
    commitXid: xid8("commit_xid").notNull(),
    position: bigint("position", { mode: "bigint" }).generatedAlwaysAsIdentity().notNull(),
    /** The keys of the stored events in the order sent. */
    eventIds: uuid("event_ids").array().notNull(),
    eventTimes: time("event_times").array().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.batchId] }),
    index("receipts_tail").on(table.userId, table.commitXid, table.position),
  ],
);

const deliveryColumns = {
  userId: uuid("user_id").notNull(),
  agentId: uuid("agent_id").notNull(),
  apiKeyId: uuid("api_key_id").notNull(),
  batches: bigint("batches", { mode: "number" }).notNull(),
  sent: bigint("sent", { mode: "number" }).notNull(),
  accepted: bigint("accepted", { mode: "number" }).notNull(),
  duplicates: bigint("duplicates", { mode: "number" }).notNull(),
  rejected: bigint("rejected", { mode: "number" }).notNull(),
  lastReceivedAt: time("last_received_at").notNull(),
};

/** What became of all that an agent sent with a key: sent = accepted + duplicates + rejected. */
export const agentCounters = pgTable("agent_counters", deliveryColumns, (table) => [
  primaryKey({ columns: [table.userId, table.agentId, table.apiKeyId] }),
]);

/**
 * What is to be added to `agent_counters` and `agent_sequences`: written in the transaction that stores
 * the events, so that nobody waits for the counters of a key that others use too.
 */
export const agentCounterChanges = pgTable(
  "agent_counter_changes",
  {
    ...deliveryColumns,
    /** The agent's own numbers of the stored events. */
    seqs: int8multirange("seqs"),
  },
  (table) => [index("agent_counter_changes_user_id").on(table.userId, table.agentId)],
);

/** The counters with the changes not yet added: what is true at this moment. */
export const agentTotals = pgView("agent_totals", deliveryColumns)
  .with({ securityInvoker: true })
  .as(sql`
    select user_id, agent_id, api_key_id, sum(batches)::bigint as batches, sum(sent)::bigint as sent,
      sum(accepted)::bigint as accepted, sum(duplicates)::bigint as duplicates,
      sum(rejected)::bigint as rejected, max(last_received_at) as last_received_at
    from (
      select user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected, last_received_at
      from agent_counters
      union all
      select user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected, last_received_at
      from agent_counter_changes
    ) as all_counters
    group by user_id, agent_id, api_key_id`);

/**
 * Which of an agent's own numbers (`seq`) have arrived. At most 100 ranges are kept apart: the numbers
 * missing between older ones are counted in `lost` and no longer waited for.
 */
export const agentSequences = pgTable(
  "agent_sequences",
  {
    userId: uuid("user_id").notNull(),
    agentId: uuid("agent_id").notNull(),
    seen: int8multirange("seen").notNull(),
    lost: bigint("lost", { mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.agentId] })],
);

/**
 * What is to be added to `event_counts`: written in the transaction that stores or deletes the events,
 * so that nobody waits for a count that others change too. `start` is a quarter of an hour.
 */
export const eventCountChanges = pgTable(
  "event_count_changes",
  {
    userId: uuid("user_id").notNull(),
    start: time("start").notNull(),
    agentId: uuid("agent_id").notNull(),
    type: text("type").notNull(),
    level: smallint("level").notNull(),
    count: integer("count").notNull(),
  },
  (table) => [index("event_count_changes_user_id").on(table.userId, table.start)],
);

const ofAllLevels = (name: string, interval: number) =>
  bigint(name, { mode: "number" })
    .generatedAlwaysAs(
      sql.raw([1, 2, 3, 4, 5].map((level) => `counts[${interval * 5 + level}]`).join(" + ")),
    )
    .notNull();

/**
 * How many events lie in each of the four intervals of `minutes` from `start` on. With the changes not
 * yet added it equals a full count at any moment (docs/adr/0012, docs/adr/0047).
 */
export const eventCounts = pgTable(
  "event_counts",
  {
    userId: uuid("user_id").notNull(),
    /** 5, 15 or 360; those of 5 are of all agents and types together only. */
    minutes: smallint("minutes").notNull(),
    /** Bits: 1, counted by agent (else `agent_id` is zero); 2, by type (else `type` is empty). */
    apart: smallint("apart").notNull(),
    start: time("start").notNull(),
    agentId: uuid("agent_id").notNull(),
    type: text("type").notNull(),
    /** Of each interval in turn, one of each level. */
    counts: bigint("counts", { mode: "number" }).array().notNull(),
    /** Of each interval, all levels together, which would else be added up whenever a row is read. */
    n0: ofAllLevels("n0", 0),
    n1: ofAllLevels("n1", 1),
    n2: ofAllLevels("n2", 2),
    n3: ofAllLevels("n3", 3),
  },
  (table) => [
    primaryKey({
      name: "event_counts_pk",
      columns: [table.userId, table.minutes, table.apart, table.start, table.agentId, table.type],
    }),
  ],
);

/** One row: since when partitions are monthly. */
export const eventStorage = pgTable("event_storage", {
  one: boolean("one").primaryKey().default(true),
  monthlyFrom: time("monthly_from").notNull(),
});

import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, time, xid8 } from "./columns.ts";

/**
 * What some hundred of a user's events hold, summed up so that a search can leave them out: Bloom
 * filters, and the least and the greatest number of each property (docs/adr/0025).
 */
export const eventChunks = pgTable(
  "event_chunks",
  {
    userId: uuid("user_id").notNull(),
    /** When the newest and the oldest of them occurred. */
    newest: time("newest").notNull(),
    oldest: time("oldest").notNull(),
    id: uuid("id").notNull(),
    /** Of agents and levels. */
    fields: bytes("fields").notNull(),
    /** Of the messages' parts; null where there are none. */
    message: bytes("message"),
    /** Of the properties' paths and values; null where there are none. */
    props: bytes("props"),
    /** By path; null where there are too many, which leaves no chunk out. */
    numbers: jsonb("numbers").$type<Record<string, [number, number]>>(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.newest, table.id] })],
);

/** How far a user's events are summed up, in the order of commits; what lies behind is searched one by one. */
export const eventIndex = pgTable(
  "event_index",
  {
    userId: uuid("user_id").primaryKey(),
    /** Transaction ids mean nothing in another cluster, such as one that was restored. */
    cluster: text("cluster").notNull(),
    commitXid: xid8("commit_xid").notNull(),
    position: bigint("position", { mode: "bigint" }).notNull(),
    /** How many events had been accepted there: tells how many are new. */
    accepted: bigint("accepted", { mode: "number" }).notNull(),
    /** There may be enough new ones to be summed up: set as counters are added up, so that nobody else is looked at. */
    isBehind: boolean("is_behind").notNull().default(false),
    /** What occurred before may be in no chunk although it was summed up: retention ended the chunk alone. */
    untoldUntil: time("untold_until"),
  },
  (table) => [index("event_index_behind_idx").on(table.userId).where(sql`${table.isBehind}`)],
);

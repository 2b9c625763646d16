import { sql } from "drizzle-orm";
import { index, integer, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";

/**
 * Work to be done outside a request, enqueued in the transaction that makes it necessary.
 * `payload` is encrypted at rest; `key` makes a recurring job unique among the waiting ones; jobs of
 * the same `turn` are done one at a time.
 */
export const jobs = pgTable(
  "jobs",
  {
    id: id(),
    queue: text("queue").notNull(),
    key: text("key"),
    turn: text("turn"),
    payload: text("payload").notNull(),
    createdAt: time("created_at").notNull(),
    runAt: time("run_at").notNull(),
    attempts: integer("attempts").notNull().default(0),
    lockedUntil: time("locked_until"),
    lastError: text("last_error"),
    failedAt: time("failed_at"),
  },
  (table) => [
    index("jobs_run_at_idx").on(table.runAt),
    uniqueIndex("jobs_key_key").on(table.queue, table.key),
    index("jobs_turn_idx").on(table.turn).where(sql`${table.turn} is not null`),
  ],
);

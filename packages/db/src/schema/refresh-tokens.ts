import { sql } from "drizzle-orm";
import { integer, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";
import { sessions } from "./sessions.ts";

/**
 * Every refresh token of a family, as SHA-256: the newest, which is unused, and those that were used
 * and betray a thief when they come again. They go with their session. `successorSalt` together with
 * the token itself gives its successor, while that one is unused.
 */
export const refreshTokens = pgTable(
  "refresh_tokens",
  {
    hash: bytes("hash").primaryKey(),
    sessionId: text("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    userId: uuid("user_id").notNull(),
    /** How many came before it in the family. */
    generation: integer("generation").notNull(),
    usedAt: time("used_at"),
    successorSalt: bytes("successor_salt"),
  },
  (table) => [
    uniqueIndex("refresh_tokens_generation_key").on(table.sessionId, table.generation),
    uniqueIndex("refresh_tokens_unused_key")
      .on(table.sessionId)
      .where(sql`${table.usedAt} is null`),
  ],
);

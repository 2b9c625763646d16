import { pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";
import { users } from "./users.ts";

/** Browsers in which a user has signed in, each by the SHA-256 of a random cookie of its own. */
export const knownDevices = pgTable(
  "known_devices",
  {
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    hash: bytes("hash").notNull(),
    createdAt: time("created_at").notNull(),
    lastUsedAt: time("last_used_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.hash] })],
);

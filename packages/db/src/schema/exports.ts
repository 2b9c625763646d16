import { bigint, index, integer, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { bytes, id, time } from "./columns.ts";
import { users } from "./users.ts";

/** Copies of their own data that users asked for. Progress is in rows. */
export const exports = pgTable(
  "exports",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    requestedAt: time("requested_at").notNull(),
    rowsDone: bigint("rows_done", { mode: "number" }).notNull().default(0),
    rowsTotal: bigint("rows_total", { mode: "number" }).notNull().default(0),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull().default(0),
    finishedAt: time("finished_at"),
    failedAt: time("failed_at"),
    /** When the copy is deleted. */
    expiresAt: time("expires_at").notNull(),
    /** SHA-256 of the single-use ticket of the newest link; null once it was used. */
    ticketHash: bytes("ticket_hash"),
    ticketExpiresAt: time("ticket_expires_at"),
  },
  (table) => [
    index("exports_user_id_idx").on(table.userId, table.requestedAt, table.id),
    index("exports_expires_at_idx").on(table.expiresAt),
  ],
);

/** The bytes of an export in order, each piece encrypted under a key of its user's. */
export const exportPieces = pgTable(
  "export_pieces",
  {
    userId: uuid("user_id").notNull(),
    exportId: uuid("export_id")
      .notNull()
      .references(() => exports.id, { onDelete: "cascade" }),
    place: integer("place").notNull(),
    sealed: bytes("sealed").notNull(),
  },
  (table) => [primaryKey({ columns: [table.exportId, table.place] })],
);

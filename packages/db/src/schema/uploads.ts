import { uploadTypeNames } from "@muniment/shared/uploads.ts";
import { boolean, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { bytes, id, time } from "./columns.ts";
import { users } from "./users.ts";

/** Files that users keep, most of them beside an event. The bytes lie in the store, encrypted under their owner's key. */
export const uploads = pgTable(
  "uploads",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    eventId: uuid("event_id"),
    name: text("name").notNull(),
    type: text("type", { enum: uploadTypeNames }).notNull(),
    /** Of the file itself, not of its encrypted form. */
    bytes: integer("bytes").notNull(),
    sha256: bytes("sha256").notNull(),
    sentSha256: bytes("sent_sha256").notNull(),
    scanned: boolean("scanned").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (table) => [
    index("uploads_user_id_idx").on(table.userId, table.createdAt, table.id),
    index("uploads_event_id_idx").on(table.userId, table.eventId, table.createdAt, table.id),
  ],
);

/**
 * Which files may lie in the store: a row is there before the file and goes after it, so that whatever
 * ends an upload's own row, or a process in between, leaves no file behind.
 */
export const storedFiles = pgTable(
  "stored_files",
  { id: id(), createdAt: time("created_at").notNull() },
  (table) => [index("stored_files_created_at_idx").on(table.createdAt)],
);

import { pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";

/**
 * Keys that personal data in the audit log is encrypted under, each wrapped by `ENCRYPTION_KEY`.
 * `subject` is `user:<id>`, or of people without an account `email:<keyed hash>` or `month:<yyyy-mm>`.
 * To delete a row is to erase what it encrypted.
 */
export const dataKeys = pgTable(
  "data_keys",
  {
    id: id(),
    subject: text("subject").notNull(),
    wrapped: text("wrapped").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (table) => [uniqueIndex("data_keys_subject_key").on(table.subject)],
);

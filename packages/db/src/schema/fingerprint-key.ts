import { boolean, pgTable, text } from "drizzle-orm/pg-core";

/**
 * One row: what marks of secrets in the audit log are made with besides the secrets. It is in no entry
 * and in no export, so who has a log cannot try out what the secrets may be.
 */
export const fingerprintKey = pgTable("fingerprint_key", {
  one: boolean("one").primaryKey().default(true),
  key: text("key").notNull(),
});

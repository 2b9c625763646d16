import { jsonb, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";

/** Who asked for an erasure; `ledger` where a restored backup had brought the person back. */
export const erasureCauses = ["self", "administrator", "ledger"] as const;

/**
 * The people who were erased, by ids that mean nothing any more, with the certificates that say so.
 * What was on the disk is overwritten by `cleanedAt`.
 */
export const erasures = pgTable(
  "erasures",
  {
    /** Random, as whoever knows it may fetch the certificate. */
    id: id(),
    erasedId: uuid("erased_id").notNull(),
    cause: text("cause", { enum: erasureCauses }).notNull(),
    erasedAt: time("erased_at").notNull(),
    cleanedAt: time("cleaned_at"),
    /** `{ keys, left, waiting }` of the certificate. */
    facts: jsonb("facts").$type<unknown>().notNull(),
    /** A signed note. */
    certificate: text("certificate").notNull(),
  },
  (table) => [uniqueIndex("erasures_erased_id_key").on(table.erasedId)],
);

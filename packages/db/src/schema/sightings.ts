import { signals } from "@muniment/shared/abuse-rules.ts";
import { index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { apiKeys } from "./api-keys.ts";
import { time } from "./columns.ts";
import { users } from "./users.ts";

/**
 * What the abuse engine judges by, counted in pieces of ten minutes (docs/adr/0064). Where too much
 * comes at once a row is left out of `address`, `subject` or `network`, which are empty then.
 */
export const sightings = pgTable(
  "sightings",
  {
    start: time("start").notNull(),
    signal: text("signal", { enum: signals }).notNull(),
    network: text("network").notNull(),
    address: text("address").notNull(),
    /** An account by a keyed hash, an API key by its id, or whatever else the signal is about. */
    subject: text("subject").notNull(),
    aboutUserId: uuid("about_user_id").references(() => users.id, { onDelete: "cascade" }),
    times: integer("times").notNull(),
    firstAt: time("first_at").notNull(),
    lastAt: time("last_at").notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.start, table.signal, table.network, table.address, table.subject],
    }),
    index("sightings_signal_idx").on(table.signal, table.start),
    index("sightings_about_user_id_idx").on(table.aboutUserId),
    index("sightings_subject_idx").on(table.subject),
  ],
);

/** The networks that an API key was used from. */
export const keyPlaces = pgTable(
  "key_places",
  {
    apiKeyId: uuid("api_key_id")
      .notNull()
      .references(() => apiKeys.id, { onDelete: "cascade" }),
    network: text("network").notNull(),
    aboutUserId: uuid("about_user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    firstAt: time("first_at").notNull(),
    lastAt: time("last_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.apiKeyId, table.network] }),
    index("key_places_about_user_id_idx").on(table.aboutUserId),
  ],
);

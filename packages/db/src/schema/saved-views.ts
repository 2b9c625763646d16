import { index, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";
import { users } from "./users.ts";

/** Questions about events that a user has given a name. */
export const savedViews = pgTable(
  "saved_views",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    query: text("query").notNull(),
    /** How it is shown: `savedViewDisplay`. */
    display: jsonb("display").$type<unknown>().notNull(),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [index("saved_views_user_id_idx").on(table.userId, table.createdAt, table.id)],
);

import { exportFormats, exportStatuses } from "@muniment/shared/exports.ts";
import { bigint, index, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";
import { users } from "./users.ts";

/** What users took out of their events: the question, and how far it came. The events are streamed, not kept. */
export const eventExports = pgTable(
  "event_exports",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    format: text("format", { enum: exportFormats }).notNull(),
    query: text("query").notNull(),
    /** Which agents the query meant by their names when it was asked. */
    agents: jsonb("agents").$type<Record<string, readonly string[]>>().notNull().default({}),
    from: time("from"),
    to: time("to").notNull(),
    status: text("status", { enum: exportStatuses }).notNull(),
    rows: bigint("rows", { mode: "number" }).notNull().default(0),
    bytes: bigint("bytes", { mode: "number" }).notNull().default(0),
    /** When the first event of the export occurred, and the last that was sent. */
    firstAt: time("first_at"),
    reachedAt: time("reached_at"),
    error: text("error"),
    /** How often it was begun: whoever fetches it last gets it. */
    fetches: integer("fetches").notNull().default(0),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [
    index("event_exports_user_id_idx").on(table.userId, table.createdAt, table.id),
    index("event_exports_created_at_idx").on(table.createdAt),
  ],
);

import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { time } from "./columns.ts";

/** Limits changed at run time; `name` is a class, or `class:router.procedure`. */
export const limitOverrides = pgTable("limit_overrides", {
  name: text("name").primaryKey(),
  points: integer("points").notNull(),
  durationSeconds: integer("duration_seconds").notNull(),
  changedAt: time("changed_at").notNull(),
});

import { environments } from "@muniment/shared/agents.ts";
import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";
import { users } from "./users.ts";

export const agents = pgTable(
  "agents",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    description: text("description").notNull(),
    environment: text("environment", { enum: environments }).notNull(),
    createdAt: time("created_at").notNull(),
  },
  (table) => [index("agents_user_id_idx").on(table.userId, table.createdAt, table.id)],
);

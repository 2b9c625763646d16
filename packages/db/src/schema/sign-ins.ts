import { signInOutcomes } from "@muniment/shared/sign-ins.ts";
import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";
import { users } from "./users.ts";

/** The sign-ins of a user, and attempts at them, as that user is shown them; kept for 90 days. */
export const signIns = pgTable(
  "sign_ins",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    at: time("at").notNull(),
    outcome: text("outcome", { enum: signInOutcomes }).notNull(),
    address: text("address").notNull(),
    userAgent: text("user_agent").notNull(),
  },
  (table) => [
    index("sign_ins_user_id_idx").on(table.userId, table.at, table.id),
    index("sign_ins_at_idx").on(table.at),
  ],
);

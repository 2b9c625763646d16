import { authenticationMethods } from "@muniment/shared/second-factors.ts";
import { sessionKinds } from "@muniment/shared/sessions.ts";
import { index, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { time } from "./columns.ts";
import { users } from "./users.ts";

/**
 * Sign-ins of users. `id` is the SHA-256 of the cookie's token in hex, or `family:` and the public id
 * where a program signed in for tokens; `publicId` names the session in lists.
 */
export const sessions = pgTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    publicId: uuid("public_id").notNull(),
    kind: text("kind", { enum: sessionKinds }).notNull().default("browser"),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    createdAt: time("created_at").notNull(),
    authenticatedAt: time("authenticated_at").notNull(),
    /** What was proved at `authenticatedAt`. */
    methods: text("methods", { enum: authenticationMethods })
      .array()
      .notNull()
      .default(["password"]),
    lastUsedAt: time("last_used_at").notNull(),
    expiresAt: time("expires_at").notNull(),
    address: text("address").notNull(),
    userAgent: text("user_agent").notNull(),
  },
  (table) => [
    uniqueIndex("sessions_public_id_key").on(table.publicId),
    index("sessions_user_id_idx").on(table.userId, table.createdAt, table.publicId),
    index("sessions_expires_at_idx").on(table.expiresAt),
  ],
);

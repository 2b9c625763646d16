import { roles } from "@muniment/shared/permissions.ts";
import { boolean, index, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";
import { users } from "./users.ts";

/** What a single-use link is for; a token of one purpose never serves another. */
export const linkPurposes = [
  "setup",
  "invitation",
  "sign_up",
  "password_reset",
  "email_change",
  "email_undo",
] as const;

/**
 * Single-use tokens of links, stored as SHA-256 and deleted when used. `email` is the address that
 * the mail went to. `displayName` and `passwordHash` are those of a sign-up that waits for its proof.
 */
export const linkTokens = pgTable(
  "link_tokens",
  {
    hash: bytes("hash").primaryKey(),
    /** Names the link in lists and in the audit log. */
    id: uuid("id").notNull().defaultRandom(),
    purpose: text("purpose", { enum: linkPurposes }).notNull(),
    /** Whose account it is about, where there is one already. */
    userId: uuid("user_id").references(() => users.id, { onDelete: "cascade" }),
    email: text("email"),
    role: text("role", { enum: roles }),
    /** When that role ends; only that of an auditor does. */
    roleUntil: time("role_until"),
    displayName: text("display_name"),
    passwordHash: text("password_hash"),
    /** The administrator who sent the invitation, or that of the sign-up that waits. */
    invitedBy: uuid("invited_by").references(() => users.id, { onDelete: "cascade" }),
    /** The sign-up that waits came with an invitation. */
    invited: boolean("invited").notNull().default(false),
    createdAt: time("created_at").notNull(),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [
    uniqueIndex("link_tokens_id_key").on(table.id),
    index("link_tokens_expires_at_idx").on(table.expiresAt),
    index("link_tokens_email_idx").on(table.purpose, table.email),
    index("link_tokens_user_id_idx").on(table.userId),
    index("link_tokens_invited_by_idx").on(table.invitedBy),
    index("link_tokens_created_at_idx").on(table.purpose, table.createdAt, table.id),
  ],
);

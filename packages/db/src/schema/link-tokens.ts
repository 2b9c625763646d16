import { roles } from "@muniment/shared/permissions.ts";
import { index, pgTable, text } from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";

/** What a single-use link is for; a token of one purpose never serves another. */
export const linkPurposes = ["setup", "invitation"] as const;

/** Single-use tokens of links, stored as SHA-256 and deleted when used. */
export const linkTokens = pgTable(
  "link_tokens",
  {
    hash: bytes("hash").primaryKey(),
    purpose: text("purpose", { enum: linkPurposes }).notNull(),
    email: text("email"),
    role: text("role", { enum: roles }),
    createdAt: time("created_at").notNull(),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [
    index("link_tokens_expires_at_idx").on(table.expiresAt),
    index("link_tokens_email_idx").on(table.purpose, table.email),
  ],
);

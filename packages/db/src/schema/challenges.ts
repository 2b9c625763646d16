import { index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";
import { sessions } from "./sessions.ts";
import { users } from "./users.ts";

/** What a challenge is for; one of a purpose never serves another. */
export const challengePurposes = [
  "second_factor",
  "passkey_registration",
  "passkey_sign_in",
  "reauthentication",
  "audit_export",
] as const;

/** Short-lived, single-use challenges, stored as SHA-256 of 256 random bits and deleted when used. */
export const challenges = pgTable(
  "challenges",
  {
    hash: bytes("hash").primaryKey(),
    purpose: text("purpose", { enum: challengePurposes }).notNull(),
    /** Null while nobody has said who they are. */
    userId: uuid("user_id").references(() => users.id, { onDelete: "cascade" }),
    /** The session that asked for it, where there is one. */
    sessionId: text("session_id").references(() => sessions.id, {
      onDelete: "cascade",
      onUpdate: "cascade",
    }),
    /** SHA-256 of the password hash that was proved, so that a new password ends the challenge. */
    passwordDigest: bytes("password_digest"),
    attempts: integer("attempts").notNull().default(0),
    createdAt: time("created_at").notNull(),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [
    index("challenges_expires_at_idx").on(table.expiresAt),
    index("challenges_user_id_idx").on(table.userId),
    index("challenges_session_id_idx").on(table.sessionId),
  ],
);

import { bigint, boolean, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { bytes, id, time } from "./columns.ts";
import { users } from "./users.ts";

const owner = () =>
  uuid("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" });

/**
 * An authenticator app's shared secret (RFC 6238), encrypted at rest and bound to the user.
 * `pendingSecret` waits for its first code; `secret` is in force.
 */
export const totpFactors = pgTable("totp_factors", {
  userId: owner().primaryKey(),
  secret: text("secret"),
  pendingSecret: text("pending_secret"),
  confirmedAt: time("confirmed_at"),
  /** The newest 30-second step whose code was used; no code of it or of an earlier one passes again. */
  lastStep: bigint("last_step", { mode: "number" }).notNull(),
});

/** Recovery codes as SHA-256 of 120 random bits each; deleted when used. */
export const recoveryCodes = pgTable(
  "recovery_codes",
  { userId: owner(), hash: bytes("hash").notNull() },
  (table) => [primaryKey({ columns: [table.userId, table.hash] })],
);

/** Public keys of passkeys (WebAuthn Level 3). */
export const passkeys = pgTable(
  "passkeys",
  {
    id: id(),
    userId: owner(),
    /** As the browser names it, base64url. */
    credentialId: text("credential_id").notNull(),
    /** COSE key. */
    publicKey: bytes("public_key").notNull(),
    /** The authenticator's own count of signatures; one that does not grow betrays a copy. */
    counter: bigint("counter", { mode: "number" }).notNull(),
    transports: text("transports").array().notNull(),
    backedUp: boolean("backed_up").notNull(),
    name: text("name").notNull(),
    createdAt: time("created_at").notNull(),
    lastUsedAt: time("last_used_at"),
  },
  (table) => [uniqueIndex("passkeys_user_credential_key").on(table.userId, table.credentialId)],
);

import { apiKeyScopes } from "@muniment/shared/api-key-scopes.ts";
import { sql } from "drizzle-orm";
import { check, index, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { agents } from "./agents.ts";
import { bytes, id, time } from "./columns.ts";
import { users } from "./users.ts";

/** `hmac` is HMAC-SHA256 of the whole key under `API_KEY_SECRET`; `prefix` is its first 12 characters. */
export const apiKeys = pgTable(
  "api_keys",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    agentId: uuid("agent_id")
      .notNull()
      .references(() => agents.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    prefix: text("prefix").notNull(),
    hmac: bytes("hmac").notNull(),
    /** Names the element of the ring that `hmac` is under; null of keys that were not used since this is told. */
    hmacKey: text("hmac_key"),
    scopes: text("scopes", { enum: apiKeyScopes }).array().notNull(),
    allowedCidrs: text("allowed_cidrs").array().notNull(),
    eventTypes: text("event_types").array().notNull(),
    /** Pages that send with it: not empty, the key is publishable, and can do nothing else. */
    origins: text("origins").array().notNull().default([]),
    createdAt: time("created_at").notNull(),
    expiresAt: time("expires_at"),
    revokedAt: time("revoked_at"),
    lastUsedAt: time("last_used_at"),
    /** Set when rotated: the key works until `expiresAt`, which the rotation has brought forward. */
    rotatedToId: uuid("rotated_to_id"),
  },
  (table) => [
    uniqueIndex("api_keys_hmac_key").on(table.hmac),
    index("api_keys_user_id_idx").on(table.userId, table.createdAt, table.id),
    index("api_keys_agent_id_idx").on(table.agentId),
    index("api_keys_origins_idx").using("gin", table.origins).where(sql`${table.origins} <> '{}'`),
    check(
      "api_keys_publishable_only_writes",
      sql`${table.origins} = '{}' or ${table.scopes} = '{events:write}'`,
    ),
  ],
);

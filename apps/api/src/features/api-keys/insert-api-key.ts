import type { Tx } from "@muniment/db/database.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { v7 as uuidv7 } from "uuid";
import { newApiKey, storedHmac } from "../../identity/api-key-format.ts";

type Facts = Pick<
  typeof apiKeys.$inferInsert,
  | "userId"
  | "agentId"
  | "name"
  | "scopes"
  | "allowedCidrs"
  | "eventTypes"
  | "origins"
  | "createdAt"
  | "expiresAt"
>;

/** Makes a key and stores its HMAC under the newest secret. The key itself is in the answer only. */
export async function insertApiKey(tx: Tx, secret: Buffer, facts: Facts) {
  const { key, prefix } = newApiKey();
  const row = { ...facts, id: uuidv7(), prefix, ...storedHmac(key, secret) };
  const [inserted] = await tx.insert(apiKeys).values(row).returning();
  if (!inserted) throw new Error("the key was not inserted");
  const { hmac: _hmac, hmacKey: _hmacKey, userId: _userId, ...stored } = inserted;
  return { key, stored };
}

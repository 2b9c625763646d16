import type { Database } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, sql } from "drizzle-orm";
import { idOfKey } from "../encryption.ts";
import { apiKeyHmac, isApiKey, storedHmac } from "./api-key-format.ts";
import type { AnonymousPrincipal, ApiKeyPrincipal } from "./principal.ts";
import { roleAt } from "./role-at.ts";

/** A key with the time until when it works; nobody where it does no more. */
export type FoundApiKey = {
  principal: ApiKeyPrincipal | AnonymousPrincipal;
  expiresAt: Date | null;
};

const keyByHmac = build
  .select({
    keyId: apiKeys.id,
    hmacKey: apiKeys.hmacKey,
    userId: apiKeys.userId,
    agentId: apiKeys.agentId,
    prefix: apiKeys.prefix,
    scopes: apiKeys.scopes,
    allowedCidrs: apiKeys.allowedCidrs,
    eventTypes: apiKeys.eventTypes,
    origins: apiKeys.origins,
    expiresAt: apiKeys.expiresAt,
    revokedAt: apiKeys.revokedAt,
    role: users.role,
    roleUntil: users.roleUntil,
    retentionDays: users.retentionDays,
    disabledAt: users.disabledAt,
  })
  .from(apiKeys)
  .innerJoin(users, eq(users.id, apiKeys.userId))
  .where(eq(apiKeys.hmac, sql.placeholder("hmac")))
  .prepare("key_by_hmac");

/**
 * Looks a key up by its HMAC under each element of the ring, newest first. One that is stored under an
 * older element is stored anew under the newest, which only its presentation makes possible.
 */
export function createApiKeyLookup(database: Database, hmacSecrets: readonly Buffer[]) {
  const [newest] = hmacSecrets;
  const newestId = newest && idOfKey(newest);
  // Between two looks another node may have stored it anew: what is not found is looked for once more.
  const looks = newest && hmacSecrets.length > 1 ? [...hmacSecrets, newest] : hmacSecrets;

  /** Nobody waits for it: what fails is done at a later look-up. */
  function storeAnew(key: string, found: { keyId: string; userId: string; hmac: Buffer }) {
    if (!newest) return;
    const { keyId, userId, hmac } = found;
    database
      .transaction({ userId }, (tx) =>
        tx
          .update(apiKeys)
          .set(storedHmac(key, newest))
          .where(and(eq(apiKeys.id, keyId), eq(apiKeys.hmac, hmac))),
      )
      .catch(() => {});
  }

  return async function findApiKey(key: string, now: Date): Promise<FoundApiKey | null> {
    if (!isApiKey(key)) return null;
    for (const secret of looks) {
      const hmac = apiKeyHmac(key, secret);
      const scope = { credential: hmac.toString("hex") };
      const [row] = await database.run(keyByHmac, scope, { hmac });
      if (!row) continue;
      const { expiresAt, revokedAt, disabledAt, roleUntil, hmacKey, ...found } = row;
      if (disabledAt) return null;
      if (revokedAt || (expiresAt && expiresAt <= now)) {
        const tried = { keyId: found.keyId, userId: found.userId };
        const principal = { kind: "anonymous", refusal: "invalid_api_key", tried } as const;
        return { principal, expiresAt: null };
      }
      if (hmacKey !== newestId) storeAnew(key, { ...found, hmac });
      const role = roleAt({ role: found.role, roleUntil }, now);
      return { principal: { kind: "apiKey", ...found, role }, expiresAt };
    }
    return null;
  };
}

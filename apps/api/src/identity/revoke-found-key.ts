import type { Database } from "@muniment/db/database.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { and, eq, isNull } from "drizzle-orm";
import type { DataKeys } from "../audit/data-keys.ts";
import { writeAuditEntry } from "../audit/write.ts";
import { enterScope } from "./scope.ts";

/**
 * What `apiKeys.revoke` does, from the machine of the server: for a key that lies where others can read it.
 * Servers know it within a second. Answers whether it is this that revoked it.
 */
export async function revokeFoundKey(
  { database, dataKeys }: { database: Database; dataKeys: DataKeys },
  { id, userId }: { id: string; userId: string },
  at: Date,
): Promise<boolean> {
  return database.transaction({}, async (tx) => {
    enterScope(tx, userId);
    const [row] = await tx
      .update(apiKeys)
      .set({ revokedAt: at })
      .where(and(eq(apiKeys.id, id), eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
      .returning({ name: apiKeys.name, prefix: apiKeys.prefix });
    if (!row) return false;
    await writeAuditEntry(tx, dataKeys, {
      at,
      principal: { kind: "anonymous" },
      action: "api_key.revoked",
      outcome: "success",
      target: { kind: "api_key", id, label: row.name },
      details: { prefix: row.prefix },
      about: userId,
    });
    return true;
  });
}

import type { Tx } from "@muniment/db/database.ts";
import { agents } from "@muniment/db/schema/agents.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { apiKeyColumns } from "./read-api-keys.ts";

/** Locks a user's key that still works for a change. @throws AppError `not_found`, `already_revoked` */
export async function lockOwnApiKey(tx: Tx, id: string, userId: string, now: Date) {
  const [row] = await tx
    .select(apiKeyColumns)
    .from(apiKeys)
    .innerJoin(agents, eq(agents.id, apiKeys.agentId))
    .where(and(eq(apiKeys.id, id), eq(apiKeys.userId, userId)))
    .for("update", { of: apiKeys });
  if (!row) throw new AppError("not_found", "There is no such API key.");
  if (row.revokedAt || (row.expiresAt && row.expiresAt <= now)) {
    throw new AppError("already_revoked", "This API key has ended already.");
  }
  return row;
}

import { agents } from "@muniment/db/schema/agents.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import type { ApiKey } from "@muniment/shared/api-keys.ts";

type Row = Omit<typeof apiKeys.$inferSelect, "hmac" | "hmacKey" | "userId"> & { agentName: string };

export const apiKeyColumns = {
  id: apiKeys.id,
  agentId: apiKeys.agentId,
  agentName: agents.name,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  scopes: apiKeys.scopes,
  allowedCidrs: apiKeys.allowedCidrs,
  eventTypes: apiKeys.eventTypes,
  origins: apiKeys.origins,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  lastUsedAt: apiKeys.lastUsedAt,
  rotatedToId: apiKeys.rotatedToId,
};

function statusOf(row: Row, now: Date): ApiKey["status"] {
  if (row.revokedAt) return "revoked";
  if (row.expiresAt && row.expiresAt <= now) return "expired";
  return row.rotatedToId ? "retiring" : "active";
}

export const toApiKey = (row: Row, now: Date): ApiKey => ({
  ...row,
  status: statusOf(row, now),
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt?.toISOString() ?? null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
});

import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { createdApiKey, rotateApiKeyInput } from "@muniment/shared/api-keys.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { insertApiKey } from "./insert-api-key.ts";
import { newestKeySecret } from "./newest-key-secret.ts";
import { lockOwnApiKey } from "./own-api-key.ts";
import { toApiKey } from "./read-api-keys.ts";

/** Replaces a key. Both work during the overlap; the old one ends by itself, never later than it would have. */
export const rotate = limited("general")
  .concat(signedIn)
  .concat(permission("apiKeys:write"))
  .concat(recentlyAuthenticated)
  .input(rotateApiKeyInput)
  .concat(audited("api_key.rotated", "api_key.created"))
  .output(createdApiKey)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input }) => {
    const now = deps.now();
    const old = await lockOwnApiKey(tx, input.id, principal.userId, now);
    if (old.rotatedToId) throw new AppError("already_exists", "This API key was rotated already.");
    const { agentId, name, scopes, allowedCidrs, eventTypes, origins, expiresAt, agentName } = old;
    const { key, stored } = await insertApiKey(tx, newestKeySecret(deps), {
      userId: principal.userId,
      agentId,
      name,
      scopes,
      allowedCidrs,
      eventTypes,
      origins,
      createdAt: now,
      expiresAt,
    });
    const overlapEnd = new Date(now.getTime() + input.overlapSeconds * 1000);
    const endsAt = expiresAt && expiresAt < overlapEnd ? expiresAt : overlapEnd;
    await tx
      .update(apiKeys)
      .set({ expiresAt: endsAt, rotatedToId: stored.id })
      .where(eq(apiKeys.id, old.id));
    await audit({
      action: "api_key.created",
      target: { kind: "api_key", id: stored.id, label: name },
      details: { prefix: stored.prefix, scopes, ...(origins.length > 0 ? { origins } : {}) },
    });
    await audit({
      action: "api_key.rotated",
      target: { kind: "api_key", id: old.id, label: name },
      details: {
        prefix: old.prefix,
        newPrefix: stored.prefix,
        newKeyId: stored.id,
        overlapSeconds: input.overlapSeconds,
      },
    });
    afterCommit(deps.identities.forget);
    return { ...toApiKey({ ...stored, agentName }, now), key };
  });

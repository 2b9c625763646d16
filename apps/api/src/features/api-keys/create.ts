import { agents } from "@muniment/db/schema/agents.ts";
import { createApiKeyInput, createdApiKey } from "@muniment/shared/api-keys.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { insertApiKey } from "./insert-api-key.ts";
import { newestKeySecret } from "./newest-key-secret.ts";
import { toApiKey } from "./read-api-keys.ts";

export const create = limited("general")
  .concat(signedIn)
  .concat(permission("apiKeys:write"))
  .concat(recentlyAuthenticated)
  .input(createApiKeyInput)
  .concat(audited("api_key.created"))
  .output(createdApiKey)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input }) => {
    const now = deps.now();
    const expiresAt = input.expiresAt ? new Date(input.expiresAt) : null;
    if (expiresAt && expiresAt <= now)
      throw new AppError("invalid_range", "expiresAt is in the past.");
    const [agent] = await tx
      .select({ name: agents.name })
      .from(agents)
      .where(and(eq(agents.id, input.agentId), eq(agents.userId, principal.userId)));
    if (!agent) throw new AppError("not_found", "There is no such agent.");
    const { key, stored } = await insertApiKey(tx, newestKeySecret(deps), {
      userId: principal.userId,
      agentId: input.agentId,
      name: input.name,
      scopes: input.scopes,
      allowedCidrs: input.allowedCidrs ?? [],
      eventTypes: input.eventTypes ?? [],
      origins: input.origins ?? [],
      createdAt: now,
      expiresAt,
    });
    const { prefix, scopes, origins } = stored;
    await audit({
      target: { kind: "api_key", id: stored.id, label: input.name },
      details: { prefix, scopes, ...(origins.length > 0 ? { origins } : {}) },
    });
    // Its pages need not wait until they are looked up again.
    afterCommit(deps.pageOrigins.forget);
    return { ...toApiKey({ ...stored, agentName: agent.name }, now), key };
  });

import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { apiKey, apiKeyIdInput } from "@muniment/shared/api-keys.ts";
import { eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { lockOwnApiKey } from "./own-api-key.ts";
import { toApiKey } from "./read-api-keys.ts";

export const revoke = limited("general")
  .concat(signedIn)
  .concat(permission("apiKeys:write"))
  .input(apiKeyIdInput)
  .concat(audited("api_key.revoked"))
  .output(apiKey)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input }) => {
    const now = deps.now();
    const row = await lockOwnApiKey(tx, input.id, principal.userId, now);
    await tx.update(apiKeys).set({ revokedAt: now }).where(eq(apiKeys.id, row.id));
    await audit({
      target: { kind: "api_key", id: row.id, label: row.name },
      details: { prefix: row.prefix },
    });
    afterCommit(deps.identities.forget);
    return toApiKey({ ...row, revokedAt: now }, now);
  });

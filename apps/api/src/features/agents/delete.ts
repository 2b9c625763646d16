import { agents } from "@muniment/db/schema/agents.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { agentIdInput } from "@muniment/shared/agents.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** Deletes an agent and its keys. Its events stay: they are the user's record of what happened. */
export const deleteAgent = limited("general")
  .concat(signedIn)
  .concat(permission("agents:write"))
  .input(agentIdInput)
  .concat(audited("agent.deleted"))
  .output(agentIdInput)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input }) => {
    const { userId } = principal;
    const keys = await tx
      .delete(apiKeys)
      .where(and(eq(apiKeys.agentId, input.id), eq(apiKeys.userId, userId)))
      .returning({ id: apiKeys.id });
    const [deleted] = await tx
      .delete(agents)
      .where(and(eq(agents.id, input.id), eq(agents.userId, userId)))
      .returning({ name: agents.name });
    if (!deleted) throw new AppError("not_found", "There is no such agent.");
    await audit({
      target: { kind: "agent", id: input.id, label: deleted.name },
      details: { keysRevoked: keys.length },
    });
    afterCommit(deps.identities.forget);
    return input;
  });

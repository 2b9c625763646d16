import { agents } from "@muniment/db/schema/agents.ts";
import { agent, createAgentInput } from "@muniment/shared/agents.ts";
import { v7 as uuidv7 } from "uuid";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

export const create = limited("general")
  .concat(signedIn)
  .concat(permission("agents:write"))
  .input(createAgentInput)
  .concat(audited("agent.created"))
  .output(agent)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const created = {
      id: uuidv7(),
      name: input.name,
      description: input.description ?? "",
      environment: input.environment ?? ("production" as const),
    };
    const createdAt = deps.now();
    await tx.insert(agents).values({ ...created, userId: principal.userId, createdAt });
    await audit({ target: { kind: "agent", id: created.id, label: created.name } });
    return {
      ...created,
      createdAt: createdAt.toISOString(),
      lastEventAt: null,
      eventCount: 0,
      activeKeyCount: 0,
    };
  });

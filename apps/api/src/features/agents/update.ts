import { agents } from "@muniment/db/schema/agents.ts";
import { agent, updateAgentInput } from "@muniment/shared/agents.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { agentColumns, toAgent } from "./read-agents.ts";

export const update = limited("general")
  .concat(signedIn)
  .concat(permission("agents:write"))
  .input(updateAgentInput)
  .concat(audited("agent.updated"))
  .output(agent)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { id, name, description, environment } = input;
    const changes = {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(environment === undefined ? {} : { environment }),
    };
    const owned = and(eq(agents.id, id), eq(agents.userId, principal.userId));
    await tx.update(agents).set(changes).where(owned);
    const [row] = await tx.select(agentColumns(deps.now())).from(agents).where(owned);
    if (!row) throw new AppError("not_found", "There is no such agent.");
    await audit({
      target: { kind: "agent", id, label: row.name },
      details: { fields: Object.keys(changes) },
    });
    return toAgent(row);
  });

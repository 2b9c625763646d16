import { agents } from "@muniment/db/schema/agents.ts";
import { agent, agentIdInput } from "@muniment/shared/agents.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { agentColumns, toAgent } from "./read-agents.ts";

export const get = limited("general")
  .concat(signedIn)
  .concat(permission("agents:read"))
  .input(agentIdInput)
  .output(agent)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { database } = deps;
    const { userId } = principal;
    const [row] = await database
      .reads({ userId })
      .select(agentColumns(deps.now()))
      .from(agents)
      .where(and(eq(agents.id, input.id), eq(agents.userId, userId)));
    if (!row) throw new AppError("not_found", "There is no such agent.");
    return toAgent(row);
  });

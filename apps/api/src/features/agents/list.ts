import { agents } from "@muniment/db/schema/agents.ts";
import { agentPage, listAgentsInput } from "@muniment/shared/agents.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { agentColumns, toAgent } from "./read-agents.ts";

export const list = limited("general")
  .concat(signedIn)
  .concat(permission("agents:read"))
  .input(listAgentsInput)
  .output(agentPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { database } = deps;
    const { userId } = principal;
    const page = keysetPage(deps, `agents:${userId}`, input);
    const rows = await database
      .reads({ userId })
      .select(agentColumns(deps.now()))
      .from(agents)
      .where(and(eq(agents.userId, userId), page.after(agents.createdAt, agents.id)))
      .orderBy(desc(agents.createdAt), desc(agents.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toAgent);
  });

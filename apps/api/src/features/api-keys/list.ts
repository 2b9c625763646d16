import { agents } from "@muniment/db/schema/agents.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { apiKeyPage, listApiKeysInput } from "@muniment/shared/api-keys.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { apiKeyColumns, toApiKey } from "./read-api-keys.ts";

export const list = limited("general")
  .concat(signedIn)
  .concat(permission("apiKeys:read"))
  .input(listApiKeysInput)
  .output(apiKeyPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { database } = deps;
    const { userId } = principal;
    const agentId = input?.agentId;
    const page = keysetPage(deps, `apiKeys:${userId}`, input);
    const rows = await database
      .reads({ userId })
      .select(apiKeyColumns)
      .from(apiKeys)
      .innerJoin(agents, eq(agents.id, apiKeys.agentId))
      .where(
        and(
          eq(apiKeys.userId, userId),
          agentId ? eq(apiKeys.agentId, agentId) : undefined,
          page.after(apiKeys.createdAt, apiKeys.id),
        ),
      )
      .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
      .limit(page.fetch);
    const now = deps.now();
    return page.cut(
      rows,
      (row) => ({ at: row.createdAt, id: row.id }),
      (row) => toApiKey(row, now),
    );
  });

import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

/** Asked again while the page is open, so that it is seen when a key was last used. */
export const apiKeysQuery = (agentId: string) =>
  trpc.apiKeys.list.infiniteQueryOptions({ agentId }, { ...byCursor, refetchInterval: 5000 });

import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

export const apiKeysQuery = (agentId: string) =>
  trpc.apiKeys.list.infiniteQueryOptions({ agentId }, byCursor);

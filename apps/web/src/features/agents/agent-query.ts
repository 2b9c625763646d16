import { trpc } from "../../trpc.ts";

/** Asked again while the page is open, like its deliveries and keys, so that all of it tells of one moment. */
export const agentQuery = (id: string) =>
  trpc.agents.get.queryOptions({ id }, { refetchInterval: 5000 });

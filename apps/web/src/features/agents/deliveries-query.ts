import { trpc } from "../../trpc.ts";

/** Asked again while the page is open, so that a gap is seen when it is reported. */
export const deliveriesQuery = (id: string) =>
  trpc.agents.deliveries.queryOptions({ id }, { refetchInterval: 5000 });

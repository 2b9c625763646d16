import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

/** Deliveries go on by themselves, so the page looks again. */
const refetchInterval = 10_000;

/** All of them: there are at most 20. */
export const witnessesQuery = () =>
  trpc.witnesses.list.queryOptions({ limit: 100 }, { refetchInterval });

export const witnessedLogsQuery = () => trpc.witnesses.logs.infiniteQueryOptions({}, byCursor);

export const checkpointsQuery = () =>
  trpc.witnesses.checkpoints.infiniteQueryOptions({ limit: 20 }, byCursor);

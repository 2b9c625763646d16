import { queryOptions } from "@tanstack/react-query";
import { trpcClient } from "../../trpc.ts";
import { checkLog } from "./check-log.ts";
import { keepSeenLog, readSeenLog } from "./seen-log.ts";

/** The newest checkpoint, checked by this browser against what it saw before. */
export const logQuery = queryOptions({
  queryKey: ["audit", "checked-log"],
  staleTime: 10_000,
  queryFn: async () => {
    const checkpoint = await trpcClient.audit.checkpoint.query();
    const check = await checkLog(checkpoint, readSeenLog(), async (from, to) => {
      const { hashes } = await trpcClient.audit.consistencyProof.query({ from, to });
      return hashes;
    });
    if (check.ok) keepSeenLog({ note: checkpoint.note, keys: checkpoint.verifierKeys });
    return { checkpoint, check };
  },
});

import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";

export const factorsQuery = () => trpc.account.factors.queryOptions();
/** One page holds all that a user may have. */
export const passkeysQuery = () => trpc.account.listPasskeys.queryOptions();

/** After a factor changed: what signs in changed with it, and other sessions have ended. */
export async function refreshFactors(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries(factorsQuery()),
    queryClient.invalidateQueries(passkeysQuery()),
    // The way on depends on it, though no page shows it yet, and nothing may have asked for it before.
    queryClient.fetchQuery({ ...trpc.auth.me.queryOptions(), staleTime: 0 }),
    queryClient.invalidateQueries(trpc.sessions.pathFilter()),
  ]);
}

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
    // No page that sets a factor up need show who is signed in, yet the way on depends on it.
    queryClient.refetchQueries(trpc.auth.me.pathFilter()),
    queryClient.invalidateQueries(trpc.sessions.pathFilter()),
  ]);
}

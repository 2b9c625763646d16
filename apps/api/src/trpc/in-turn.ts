import type { Principal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";

/** For procedures whose price depends on how much there is: a user's calls of them take turns. */
export const inTurn = procedure.meta({ inTurn: true }).use(async function waitForTurn({
  ctx,
  next,
}) {
  const { deps, principal, request } = ctx as Context & { principal?: Principal };
  if (!principal || principal.kind === "anonymous") throw new Error("nobody's turn");
  return deps.searchSlots.use(principal.userId, request.signal, () => next());
});

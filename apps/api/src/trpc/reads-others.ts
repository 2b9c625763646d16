import { recordReads, type SeenList, type Shown } from "../audit/reads.ts";
import type { UserPrincipal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";

/**
 * Leaves a trace of whose data an answer showed. The handler says so by `saw`, with the list that it
 * was taken from; an answer whose handler did not is never given.
 */
export const readsOthers = procedure.meta({ readsOthers: true }).use(async function recordRead({
  ctx,
  next,
  path,
}) {
  const { principal, request, deps } = ctx as Context & { principal: UserPrincipal };
  let seen: { shown: Shown; list: SeenList } | undefined;
  const saw = (shown: Shown, list: SeenList = "users") => {
    seen = { shown, list };
  };
  const result = await next({ ctx: { saw } });
  if (!result.ok) return result;
  if (!seen) throw new Error(`${path} did not say whose data it read`);
  recordReads(deps.folding, deps.now(), principal, request, path, seen);
  return result;
});

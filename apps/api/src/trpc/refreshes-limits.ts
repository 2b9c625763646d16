import { loadLimitOverrides } from "../limits/overrides.ts";
import { procedure } from "./init.ts";

/** After a change of limits has been committed, puts it in force on this node before answering. */
export const refreshesLimits = procedure.use(async function refreshLimits({ ctx, next }) {
  const result = await next();
  if (result.ok) await loadLimitOverrides(ctx.deps.database, ctx.deps.limits);
  return result;
});

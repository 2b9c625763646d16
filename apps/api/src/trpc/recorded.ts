import { isRefusal, toAppError } from "../errors.ts";
import { procedure } from "./init.ts";

/** The outermost step: leaves a trace of every refusal behind it, outside any transaction. */
export const recorded = procedure.use(async function recordRefusals({ ctx, next, path, meta }) {
  const result = await next();
  if (result.ok) return result;
  const error = toAppError(result.error);
  if (isRefusal(error) && !meta?.refusalsUnrecorded) {
    ctx.deps.refusals.record(ctx, path, error.reason);
  }
  throw error;
});

import { type AppError, isRefusal, toAppError } from "../errors.ts";
import type { Context } from "./context.ts";
import { type PolicyMeta, procedure } from "./init.ts";

/** What a call tries to get at, for the record of its refusal; a later step fills it in. */
export type Attempted = {
  email?: string;
  /** It was a code that was wrong: whoever gave it has the password. */
  isCodeWrong?: true;
};

/** What passed here, so that a call whose chain ran leaves one trace of its refusal, or none. */
const passed = new WeakSet<AppError>();

/** What the caller is told of an error; of a refusal it leaves a trace, but only the first time it passes. */
export function recordFailure(
  ctx: Context,
  { path, meta }: { path: string; meta: PolicyMeta | undefined },
  thrown: unknown,
  attempted: Attempted = {},
): AppError {
  const error = toAppError(thrown);
  if (passed.has(error)) return error;
  passed.add(error);
  if (isRefusal(error) && !meta?.refusalsUnrecorded) {
    ctx.deps.refusals.record(ctx, path, error.reason, attempted.email);
  }
  return error;
}

/** The outermost step: leaves a trace of every refusal behind it, outside any transaction. */
export const recorded = procedure.use(async function recordRefusals({ ctx, next, path, meta }) {
  const attempted: Attempted = {};
  const result = await next({ ctx: { attempted } });
  if (result.ok) return result;
  throw recordFailure(ctx, { path, meta }, result.error, attempted);
});

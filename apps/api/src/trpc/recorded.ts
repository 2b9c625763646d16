import { isRefusal, toAppError } from "../errors.ts";
import { procedure } from "./init.ts";

/** What a call tries to get at, for the record of its refusal; a later step fills it in. */
export type Attempted = {
  email?: string;
  /** It was a code that was wrong: whoever gave it has the password. */
  isCodeWrong?: true;
};

/** The outermost step: leaves a trace of every refusal behind it, outside any transaction. */
export const recorded = procedure.use(async function recordRefusals({ ctx, next, path, meta }) {
  const attempted: Attempted = {};
  const result = await next({ ctx: { attempted } });
  if (result.ok) return result;
  const error = toAppError(result.error);
  if (isRefusal(error) && !meta?.refusalsUnrecorded) {
    ctx.deps.refusals.record(ctx, path, error.reason, attempted.email);
  }
  throw error;
});

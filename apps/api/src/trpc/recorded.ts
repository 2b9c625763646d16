import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import { probeInInput } from "../abuse/probes.ts";
import { type AppError, isRefusal, toAppError } from "../errors.ts";
import type { Context } from "./context.ts";
import { type PolicyMeta, procedure } from "./init.ts";

/** What a call tries to get at, for the record of its refusal; a later step fills it in. */
export type Attempted = {
  email?: string;
  /** It was a code that was wrong: whoever gave it has the password. */
  isCodeWrong?: true;
};

/** A call that nobody makes who knows what there is; programs with a key are their owner's business. */
const wrongCalls: ReadonlySet<ErrorReason> = new Set([
  "invalid_input",
  "invalid_json",
  "invalid_query",
  "invalid_cursor",
  "unknown_procedure",
  "method_not_supported",
  "unsupported_content_type",
  "not_found",
]);

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
  if (wrongCalls.has(error.reason) && ctx.request.bearer === undefined) {
    ctx.deps.sightings.note({ signal: "call_wrong", address: ctx.request.address });
  }
  return error;
}

/** The outermost step: leaves a trace of every refusal behind it, outside any transaction. */
export const recorded = procedure.use(async function recordRefusals({
  ctx,
  next,
  path,
  meta,
  getRawInput,
}) {
  const attempted: Attempted = {};
  const result = await next({ ctx: { attempted } });
  if (result.ok) return result;
  const error = recordFailure(ctx, { path, meta }, result.error, attempted);
  if (error.reason === "invalid_input" || error.reason === "invalid_query") {
    const probe = probeInInput(await getRawInput().catch(() => undefined));
    const { address } = ctx.request;
    if (probe) ctx.deps.sightings.note({ signal: "probe", address, subject: probe });
  }
  throw error;
});

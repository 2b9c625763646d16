import { getTRPCErrorShape, TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import type { AppError } from "../errors.ts";
import type { Told } from "../telemetry/telemetry.ts";
import { tellUnexpected } from "../telemetry/unexpected.ts";
import type { Context } from "../trpc/context.ts";
import { errorConfig } from "../trpc/init.ts";
import { recordFailure } from "../trpc/recorded.ts";

export type CallOutcome<T = unknown> =
  | { ok: true; data: T }
  | { ok: false; error: AppError; status: number; path: string | undefined };

const toldOf = (outcome: CallOutcome): Told =>
  outcome.ok ? { status: 200 } : { status: outcome.status, reason: outcome.error.reason };

/**
 * Runs one call under the database guard; whatever is thrown becomes an error the server chose, and a
 * refusal leaves its trace, by whatever refused it. `name` is what it is entered under where the path
 * is one that the caller made up.
 */
export function settle<T>(
  ctx: Context,
  path: string | undefined,
  work: () => Promise<T>,
  name = path ?? "trpc",
): Promise<CallOutcome<T>> {
  const { telemetry } = ctx.deps;
  if (!telemetry) return runWatched(ctx, path, work, name);
  return telemetry.call(name, ctx.request, () => runWatched(ctx, path, work, name), toldOf);
}

async function runWatched<T>(
  ctx: Context,
  path: string | undefined,
  work: () => Promise<T>,
  name: string,
): Promise<CallOutcome<T>> {
  const { health, calls } = ctx.deps;
  const from = performance.now();
  let outcome: CallOutcome<T>;
  try {
    outcome = { ok: true, data: await health.guard(work) };
  } catch (thrown) {
    outcome = failureOf(ctx, path, name, thrown);
  }
  calls.answered(ctx, name, toldOf(outcome), performance.now() - from);
  return outcome;
}

function failureOf(ctx: Context, path: string | undefined, name: string, thrown: unknown) {
  const error = recordFailure(ctx, { path: name, meta: undefined }, thrown);
  if (error.reason === "internal") {
    tellUnexpected(ctx.deps, error.cause ?? error, { requestId: ctx.request.id, procedure: name });
  }
  return { ok: false, error, status: getHTTPStatusCodeFromError(error), path } as const;
}

/** The tRPC envelope of an outcome. */
export function toEnvelope(ctx: Context, outcome: CallOutcome): object {
  if (outcome.ok) return { result: { data: outcome.data } };
  const { error, path } = outcome;
  const shape = getTRPCErrorShape({
    config: errorConfig,
    error: error instanceof TRPCError ? error : new TRPCError({ code: "INTERNAL_SERVER_ERROR" }),
    type: "unknown",
    path,
    input: undefined,
    ctx,
  });
  return { error: shape };
}

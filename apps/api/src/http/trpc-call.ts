import { getTRPCErrorShape, TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import type { AppError } from "../errors.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Context } from "../trpc/context.ts";
import { errorConfig } from "../trpc/init.ts";
import { recordFailure } from "../trpc/recorded.ts";

export type CallOutcome<T = unknown> =
  | { ok: true; data: T }
  | { ok: false; error: AppError; status: number; path: string | undefined };

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
  const run = () => runGuarded(ctx, path, work, name);
  return ctx.deps.metrics ? measure(ctx.deps.metrics, name, run) : run();
}

async function measure<T>(metrics: Metrics, name: string, run: () => Promise<CallOutcome<T>>) {
  const from = performance.now();
  const outcome = await run();
  const seconds = (performance.now() - from) / 1000;
  metrics.answered(name, outcome.ok ? 200 : outcome.status, seconds);
  return outcome;
}

async function runGuarded<T>(
  ctx: Context,
  path: string | undefined,
  work: () => Promise<T>,
  name: string,
): Promise<CallOutcome<T>> {
  try {
    return { ok: true, data: await ctx.deps.health.guard(work) };
  } catch (thrown) {
    const error = recordFailure(ctx, { path: name, meta: undefined }, thrown);
    if (error.reason === "internal") {
      ctx.deps.log.error({ err: error.cause ?? error, requestId: ctx.request.id, path }, "failed");
    }
    return { ok: false, error, status: getHTTPStatusCodeFromError(error), path };
  }
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

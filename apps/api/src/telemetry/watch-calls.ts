import type { Metrics } from "../metrics/metrics.ts";
import type { Context } from "../trpc/context.ts";
import { createFoldedLines } from "./folded-lines.ts";
import type { Told } from "./telemetry.ts";

/** Of each procedure, in a minute. */
const slowLines = 10;

export type WatchedCalls = {
  /** Told of every call when its answer is there; `procedure` is a name of ours. */
  answered(ctx: Context, procedure: string, told: Told, milliseconds: number): void;
  close(): void;
};

type Watching = {
  config: { slowRequestMilliseconds: number; accessLog: boolean };
  metrics: Pick<Metrics, "answered" | "slow"> | null;
  telemetry: { waited(): number } | null;
  log: Record<"info" | "warn", (fields: object, text: string) => void>;
};

/**
 * Counts calls, and tells of those that took long, of which how long their callers took to send the body is
 * no part. Streams and downloads have only begun here.
 */
export function watchCalls({ config, metrics, telemetry, log }: Watching): WatchedCalls {
  const { slowRequestMilliseconds: most, accessLog } = config;
  const slow = createFoldedLines<{ procedure: string }>(
    (fields) => log.warn(fields, "slow call"),
    slowLines,
  );

  function factsOf(ctx: Context, { status, reason }: Told, milliseconds: number) {
    const sending = ctx.sendingMilliseconds;
    return {
      status,
      ...(reason ? { reason } : {}),
      ms: Math.round(milliseconds),
      ...(sending >= 1 ? { sendingMs: Math.round(sending) } : {}),
      ...(telemetry ? { waitedMs: Math.round(telemetry.waited()) } : {}),
      requestId: ctx.request.id,
    };
  }

  return {
    answered(ctx, procedure, told, milliseconds) {
      metrics?.answered(procedure, told.status, milliseconds / 1000);
      if (accessLog) log.info({ procedure, ...factsOf(ctx, told, milliseconds) }, "call");
      if (milliseconds - ctx.sendingMilliseconds < most) return;
      metrics?.slow(procedure);
      slow.note({ procedure }, factsOf(ctx, told, milliseconds));
    },
    close: slow.close,
  };
}

import type { WatchLane } from "@muniment/db/database.ts";
import type { Logger } from "pino";
import type { RequestFacts } from "../trpc/context.ts";
import type { TelemetrySettings } from "./settings.ts";

/** By which a line of the log is found beside its trace, named as OpenTelemetry names them in logs. */
export type TraceIds = { trace_id: string; span_id: string; trace_flags: string };

/** What is told of an answer: an HTTP status, and of an error its reason. */
export type Told = { status: number; reason?: string };

/** What this node sends to a collector by OTLP (docs/observability.md). */
export type Telemetry = {
  /**
   * Runs a call under a span of its name, which is one of ours: of the HTTP request, continuing the
   * caller's trace, or where that has a span already (a batch), below it.
   */
  call<T>(
    name: string,
    request: RequestFacts,
    run: () => Promise<T>,
    tell: (answer: T) => Told,
  ): Promise<T>;
  /** Runs work that nobody waits for under a span of its own. */
  work<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** Puts each use of a connection of the database below what is under way. */
  watchLane: WatchLane;
  /** Milliseconds that what is under way has waited for connections so far. */
  waited(): number;
  /** Of what is under way; undefined where nothing is. */
  ids(): TraceIds | undefined;
  /** Takes a line of the log, as JSON. */
  take(line: string): void;
  /** Where it is told, at most once a minute, that the collector takes nothing. */
  tellBy(log: Logger): void;
  /** Sends what waits, for two seconds at most. */
  stop(): Promise<void>;
};

/** The build puts it beside the bundle, so that nothing of OpenTelemetry is loaded where nobody asks for it. */
const place = import.meta.url.endsWith(".ts") ? "./otel.ts" : "./telemetry.js";

/** Loads OpenTelemetry and begins to send; null without an endpoint. */
export async function startTelemetry(
  settings: TelemetrySettings | null,
): Promise<Telemetry | null> {
  if (!settings) return null;
  const { createTelemetry }: typeof import("./otel.ts") = await import(
    new URL(place, import.meta.url).href
  );
  return createTelemetry(settings);
}

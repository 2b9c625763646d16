import type { Logger } from "pino";
import type { Metrics } from "../metrics/metrics.ts";

/** Where an error was met, in names of ours. */
type Where = { requestId: string; procedure?: string };

/** Tells of an error that the server did not choose: in the log with its stack, and in the metrics. */
export function tellUnexpected(
  { log, metrics }: { log: Logger; metrics: Pick<Metrics, "unexpected"> | null },
  error: unknown,
  where: Where,
): void {
  log.error({ err: error, ...where }, "failed");
  metrics?.unexpected();
}

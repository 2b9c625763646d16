import { destination, type Logger, type LoggerOptions, pino } from "pino";
import type { Telemetry } from "./telemetry/telemetry.ts";

/**
 * JSON lines on standard output, and to a collector where there is one. Only fields that are named at the
 * call are written, never raw input; an error is its class, message and stack without the statements'
 * parameters.
 */
export function createLog(
  level: string,
  telemetry: Pick<Telemetry, "ids" | "take"> | null = null,
): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: {
      err: (error: unknown) => {
        const innermost = rootOf(error);
        return innermost instanceof Error
          ? { type: innermost.name, message: innermost.message, stack: innermost.stack }
          : { message: String(innermost) };
      },
    },
  };
  if (!telemetry) return pino(options);
  const out = destination(1);
  const both = {
    write(line: string) {
      out.write(line);
      telemetry.take(line);
    },
  };
  return pino({ ...options, mixin: () => telemetry.ids() ?? {} }, both);
}

/** The first cause: what wraps it (Drizzle) repeats the statement with its parameters. */
function rootOf(error: unknown): unknown {
  let at = error;
  for (let depth = 0; depth < 5 && at instanceof Error && at.cause; depth += 1) at = at.cause;
  return at;
}

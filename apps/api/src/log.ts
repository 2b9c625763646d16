import { destination, type Logger, type LoggerOptions, pino } from "pino";
import type { Telemetry } from "./telemetry/telemetry.ts";

/** Characters that wait for an output that takes nothing; what is beyond them is left out. */
const mostUnwritten = 1_048_576;

/**
 * JSON lines on standard output, and to a collector where there is one. Only fields that are named at the
 * call are written, never raw input; an error is its class, message and stack without the statements'
 * parameters, and without addresses of mail, which servers of others put into what they say.
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
    serializers: { err: describeError },
  };
  const out = destination({ dest: 1, maxLength: mostUnwritten });
  // Such as no space on the disk that the output goes to: what fits is written once there is some again.
  let isFailing = false;
  out.on("error", () => {
    isFailing = true;
  });
  out.on("write", () => {
    isFailing = false;
  });
  // At the end of the process it would be tried without end.
  const flushSync = out.flushSync.bind(out);
  out.flushSync = () => {
    if (!isFailing) flushSync();
  };
  if (!telemetry) return pino(options, out);
  const both = {
    write(line: string) {
      out.write(line);
      telemetry.take(line);
    },
  };
  return pino({ ...options, mixin: () => telemetry.ids() ?? {} }, both);
}

/** As RFC 5321 bounds them, so that no text takes long. What looks like a version of a package is none. */
const address = /[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,10}[a-z]{2,63}\b/gi;
const withoutAddresses = (text: string) => text.replace(address, "(address)");

/** What is written of an error. */
export function describeError(error: unknown) {
  const innermost = rootOf(error);
  if (!(innermost instanceof Error)) return { message: withoutAddresses(String(innermost)) };
  const { name, message, stack = "" } = innermost;
  return { type: name, message: withoutAddresses(message), stack: withoutAddresses(stack) };
}

/** The first cause: what wraps it (Drizzle) repeats the statement with its parameters. */
function rootOf(error: unknown): unknown {
  let at = error;
  for (let depth = 0; depth < 5 && at instanceof Error && at.cause; depth += 1) at = at.cause;
  return at;
}

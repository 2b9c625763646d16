import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import type { LoggerProvider } from "@opentelemetry/sdk-logs";

type LogRecord = Parameters<ReturnType<LoggerProvider["getLogger"]>["emit"]>[0];
type Attributes = NonNullable<LogRecord["attributes"]>;

/** The severity numbers of OpenTelemetry, by the levels of the log. */
const severities: Record<string, number> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};

type Line = Attributes & {
  level: string;
  time: string;
  msg?: string;
  err?: { type?: string; message?: string; stack?: string };
  trace_id?: string;
  span_id?: string;
  trace_flags?: string;
};

/** A line of the log as a record of OpenTelemetry: the same fields, errors under their names there. */
export function toLogRecord(line: string): LogRecord {
  const {
    level,
    time,
    msg = "",
    err,
    trace_id,
    span_id,
    trace_flags,
    ...rest
  }: Line = JSON.parse(line);
  const attributes: Attributes = rest;
  if (err) {
    if (err.type) attributes["exception.type"] = err.type;
    if (err.message) attributes["exception.message"] = err.message;
    if (err.stack) attributes["exception.stacktrace"] = err.stack;
  }
  const record: LogRecord = {
    timestamp: new Date(time),
    severityNumber: severities[level] ?? 0,
    severityText: level,
    body: msg,
    attributes,
    context: ROOT_CONTEXT,
  };
  if (trace_id && span_id) {
    const ids = { traceId: trace_id, spanId: span_id, traceFlags: Number(trace_flags) };
    record.context = trace.setSpanContext(ROOT_CONTEXT, ids);
  }
  return record;
}

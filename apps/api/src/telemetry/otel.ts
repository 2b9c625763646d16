import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { RequestFacts } from "../trpc/context.ts";
import { Collector } from "./collector.ts";
import { toLogRecord } from "./log-records.ts";
import { createSampler } from "./sampler.ts";
import type { TelemetrySettings } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";

const scope = "muniment";
const maxStopMilliseconds = 2000;
/** Of each kind; what finds no room is dropped. A batch is sent when it is full, or after the delay. */
const queue = { maxQueueSize: 2048, maxExportBatchSize: 512 };
/** Of a collector that trickles, as one that is only slow is waited for. */
const concurrencyLimit = 2;

/** What the conventions of HTTP know; any other is one. */
const methods = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
]);

/** What is under way. What it left behind may run on in its place when it is over. */
type Current = { span: Span; context: Context; waited: number; isOver: boolean };

const serverAttributes = ({ method, route, id }: RequestFacts): Attributes => ({
  "http.request.method": methods.has(method) ? method : "_OTHER",
  // Not the path, which is whatever the caller made up.
  "http.route": route,
  "muniment.request_id": id,
});

/** The trace that a caller says to be part of. */
function contextOf(traceparent: string | undefined): Context {
  const caller = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (!caller || !trace.isSpanContextValid(caller)) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { ...caller, isRemote: true });
}

/** Sends to a collector from now on. Nothing of it is global: no other library's spans are among what is sent. */
export function createTelemetry(settings: TelemetrySettings): Telemetry {
  const { endpoint, headers, ratio, delayMilliseconds } = settings;
  const collector = new Collector();
  const resource = defaultResource().merge(
    resourceFromAttributes({ "service.instance.id": randomUUID(), ...settings.resource }),
  );
  const to = (path: string) => ({ url: `${endpoint}${path}`, headers, concurrencyLimit });
  const tracers = new TracerProvider({
    resource,
    sampler: createSampler(settings.traces ? ratio : 0),
    spanProcessors: settings.traces
      ? [
          new BatchSpanProcessor({
            ...queue,
            scheduledDelayMillis: delayMilliseconds.traces,
            exporter: collector.watch(new OTLPTraceExporter(to("/v1/traces"))),
          }),
        ]
      : [],
  });
  const loggers = new LoggerProvider({
    resource,
    processors: settings.logs
      ? [
          new BatchLogRecordProcessor({
            ...queue,
            scheduledDelayMillis: delayMilliseconds.logs,
            exporter: collector.watch(new OTLPLogExporter(to("/v1/logs"))),
          }),
        ]
      : [],
  });
  const tracer = tracers.getTracer(scope);
  const logger = loggers.getLogger(scope);
  const store = new AsyncLocalStorage<Current>();
  const active = () => {
    const current = store.getStore();
    return current?.isOver ? undefined : current;
  };

  /** Runs work under a span, which ends with it. */
  async function under<T>(span: Span, above: Context, run: () => Promise<T>): Promise<T> {
    const current = { span, context: trace.setSpan(above, span), waited: 0, isOver: false };
    try {
      return await store.run(current, run);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      current.isOver = true;
      span.end();
    }
  }

  return {
    call(name, request, run, tell) {
      const parent = active();
      const above = parent?.context ?? contextOf(request.traceparent);
      const kind = parent ? SpanKind.INTERNAL : SpanKind.SERVER;
      const attributes = parent ? {} : serverAttributes(request);
      const span = tracer.startSpan(name, { kind, attributes }, above);
      return under(span, above, async () => {
        const answer = await run();
        const { status, reason } = tell(answer);
        if (!parent) span.setAttribute("http.response.status_code", status);
        if (reason) span.setAttribute("error.type", reason);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        return answer;
      });
    },
    work: (name, run) => under(tracer.startSpan(name, {}, ROOT_CONTEXT), ROOT_CONTEXT, run),
    async watchLane(lane, use) {
      const parent = active();
      if (!parent) return await use(() => {});
      const attributes = { "db.system.name": "postgresql", "muniment.lane": lane };
      const span = tracer.startSpan(
        `database ${lane}`,
        { kind: SpanKind.CLIENT, attributes },
        parent.context,
      );
      const from = performance.now();
      try {
        return await use(() => {
          const waited = performance.now() - from;
          parent.waited += waited;
          span.setAttribute("muniment.waited_ms", waited);
        });
      } finally {
        span.end();
      }
    },
    waited: () => active()?.waited ?? 0,
    ids() {
      const ids = active()?.span.spanContext();
      if (!ids) return undefined;
      const { traceId, spanId, traceFlags } = ids;
      return { trace_id: traceId, span_id: spanId, trace_flags: `0${traceFlags}` };
    },
    take(line) {
      if (settings.logs) logger.emit(toLogRecord(line));
    },
    tellBy(log) {
      collector.log = log;
    },
    async stop() {
      const sent = Promise.allSettled([tracers.shutdown(), loggers.shutdown()]);
      await Promise.race([sent, sleep(maxStopMilliseconds, undefined, { ref: false })]);
    },
  };
}

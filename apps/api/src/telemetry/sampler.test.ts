import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from "@opentelemetry/api";
import { SamplingDecision } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { createSampler } from "./sampler.ts";

/** The trace id that every sampler by ratio keeps. */
const lowest = `${"0".repeat(31)}1`;

function isKept(ratio: number, above?: { traceFlags: number; isRemote: boolean }): boolean {
  const context = above
    ? trace.setSpanContext(ROOT_CONTEXT, { traceId: lowest, spanId: "a".repeat(16), ...above })
    : ROOT_CONTEXT;
  const { decision } = createSampler(ratio).shouldSample(
    context,
    lowest,
    "a",
    SpanKind.SERVER,
    {},
    [],
  );
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}
const part = (ratio: number, above?: Parameters<typeof isKept>[1]) =>
  Array.from({ length: 2000 }, () => isKept(ratio, above)).filter(Boolean).length / 2000;

test("a part of all calls is kept", () => {
  expect([part(0), part(1)]).toEqual([0, 1]);
  expect(part(0.5)).toBeGreaterThan(0.4);
  expect(part(0.5)).toBeLessThan(0.6);
});

test.each([TraceFlags.NONE, TraceFlags.SAMPLED])(
  "a caller's flag %i changes nothing, nor does its trace",
  (traceFlags) => {
    const above = { traceFlags, isRemote: true };
    expect([part(0, above), part(1, above)]).toEqual([0, 1]);
    expect(part(0.5, above)).toBeLessThan(0.6);
    expect(part(0.5, above)).toBeGreaterThan(0.4);
  },
);

test("what is below a call is kept with it", () => {
  expect(part(0, { traceFlags: TraceFlags.SAMPLED, isRemote: false })).toBe(1);
  expect(part(1, { traceFlags: TraceFlags.NONE, isRemote: false })).toBe(0);
});

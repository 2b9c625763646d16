import { TraceFlags, trace } from "@opentelemetry/api";
import { type Sampler, SamplingDecision } from "@opentelemetry/sdk-trace";

/**
 * Draws lots for each call, and keeps or leaves all below it alike. Neither the flag nor the trace id of a
 * caller is asked: with them a stranger could have all they do sent, or hide all they do.
 */
export function createSampler(ratio: number): Sampler {
  const resultOf = (isKept: boolean) => ({
    decision: isKept ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
  });
  return {
    shouldSample(context) {
      const above = trace.getSpanContext(context);
      if (above && !above.isRemote) return resultOf((above.traceFlags & TraceFlags.SAMPLED) !== 0);
      return resultOf(Math.random() < ratio);
    },
    toString: () => `OwnLots{${ratio}}`,
  };
}

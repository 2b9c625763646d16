import type { Interval } from "@muniment/shared/events.ts";
import {
  chooseInterval,
  intervalMilliseconds,
  type Span,
  spanMilliseconds,
  toSpan,
} from "./event-range.ts";

type Bucket = { start: string; count: number };
type Count = (span: Span, interval: Interval) => Promise<readonly Bucket[]>;

/** Narrowing stops here; each step looks about a hundred times closer. */
const mostSteps = 4;

/**
 * The part of `span` that holds all its events, found by counting in ever finer buckets;
 * null when there are none.
 */
export async function findExtent(count: Count, span: Span): Promise<Span | null> {
  let found = span;
  for (let step = 0; step < mostSteps; step++) {
    const interval = chooseInterval(spanMilliseconds(found));
    const narrower = occupied(await count(found, interval), interval);
    if (narrower === null) return null;
    found = narrower;
    if (chooseInterval(spanMilliseconds(found)) === interval) return found;
  }
  return found;
}

function occupied(buckets: readonly Bucket[], interval: Interval): Span | null {
  const first = buckets.find(({ count }) => count > 0);
  const last = buckets.findLast(({ count }) => count > 0);
  if (!first || !last) return null;
  return toSpan(Date.parse(first.start), Date.parse(last.start) + intervalMilliseconds[interval]);
}

import type { Extent } from "@muniment/shared/events.ts";
import { chooseInterval, type Span, wholeBuckets } from "./event-range.ts";

/** Whole buckets of a chart around the oldest and the newest event; null when there are none. */
export function spanOfExtent({ oldest, newest }: Extent): Span | null {
  if (oldest === null || newest === null) return null;
  const [from, to] = [Date.parse(oldest), Date.parse(newest) + 1];
  return wholeBuckets(from, to, chooseInterval(to - from));
}

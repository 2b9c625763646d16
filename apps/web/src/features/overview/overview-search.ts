import { z } from "zod";
import { rangeMilliseconds, type Span, spanOf, toSpan } from "../../event-range.ts";

export const overviewRanges = ["24h", "7d", "30d", "all"] as const;
export type OverviewRange = (typeof overviewRanges)[number];

export const overviewSearch = z.object({
  range: z.enum(overviewRanges).optional().catch(undefined),
});

/** The range ending at `now` (milliseconds), and the one before it to compare with; null for all there is. */
export function spansOf(
  range: OverviewRange,
  now: number,
): { span: Span | null; before: Span | null } {
  const span = spanOf({ range }, now);
  if (span === null || range === "all") return { span: null, before: null };
  const from = Date.parse(span.from);
  return { span, before: toSpan(from - rangeMilliseconds[range], from) };
}

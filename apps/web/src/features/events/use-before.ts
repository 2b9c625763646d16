import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Span, spanMilliseconds, toSpan } from "../../event-range.ts";
import { timelineQuery } from "../../event-timeline.ts";
import type { View } from "./events-search.ts";
import { useCompare } from "./use-explorer.ts";

/** The equally long time before a span. */
export function spanBefore(span: Span): Span {
  const from = Date.parse(span.from);
  return toSpan(from - spanMilliseconds(span), from);
}

/** What the chart would show of the time before; `counts` by its buckets, once they are here. */
export function useBefore({ filters, span }: View, by: string) {
  const wanted = useCompare() && span !== null;
  const query = timelineQuery(filters, span && spanBefore(span), by);
  const { data } = useQuery({ ...query, enabled: wanted });
  const counts = useMemo(
    () => (wanted && data ? data.buckets.map(({ count }) => count) : undefined),
    [wanted, data],
  );
  return { wanted, span, counts, total: (counts ?? []).reduce((sum, count) => sum + count, 0) };
}

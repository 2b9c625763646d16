import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { isKept, spanBefore } from "../../event-range.ts";
import { timelineQuery } from "../../event-timeline.ts";
import type { View } from "./events-search.ts";
import { retentionQuery } from "./retention-query.ts";
import { useCompare } from "./use-explorer.ts";

/**
 * What the chart would show of the time before; `counts` by its buckets, once they are here. `kept`
 * says whether events of all of that time are.
 */
export function useBefore({ filters, span }: View, by: string) {
  const wanted = useCompare() && span !== null;
  const before = span && spanBefore(span);
  const { data } = useQuery({ ...timelineQuery(filters, before, by), enabled: wanted });
  const retention = useQuery({ ...retentionQuery(), enabled: wanted }).data;
  const counts = useMemo(
    // Nothing is said of it before it is known whether all of it is there.
    () => (wanted && data && retention ? data.buckets.map(({ count }) => count) : undefined),
    [wanted, data, retention],
  );
  const days = retention ? [retention.days, retention.instanceDays] : [];
  const kept = before === null || isKept(before, days, Date.now());
  return { wanted, span, counts, kept, total: (counts ?? []).reduce((sum, one) => sum + one, 0) };
}

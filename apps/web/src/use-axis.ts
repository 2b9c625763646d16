import { intervalMilliseconds } from "@muniment/shared/events.ts";
import { useMemo } from "react";
import type { Timeline } from "./event-timeline.ts";
import type { ChartBuckets } from "./ui/chart-data.ts";

/** Where the buckets of a timeline begin, and how wide they are. */
export function useAxis({
  buckets,
  interval,
}: Pick<Timeline, "buckets" | "interval">): ChartBuckets {
  return useMemo(
    () => ({
      starts: buckets.map(({ start }) => Date.parse(start)),
      width: intervalMilliseconds[interval],
    }),
    [buckets, interval],
  );
}

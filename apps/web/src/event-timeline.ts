import type { eventFilters, Timeseries } from "@muniment/shared/events.ts";
import { queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { spanOfExtent } from "./event-extent.ts";
import { chooseInterval, type Span, spanMilliseconds, toSpan } from "./event-range.ts";
import { queryClient } from "./query-client.ts";
import { trpc, trpcClient } from "./trpc.ts";

export type EventFilters = z.infer<z.ZodObject<typeof eventFilters>>;

/** Counts over time with the bounds they cover; no buckets when there is no event at all. */
export type Timeline = Timeseries & Span;

const eventsKey = trpc.events.pathKey();

/** It seldom changes by much. */
const extentStaleMilliseconds = 30_000;

/** Where the events of the filters lie in time. */
const extentQuery = (filters: EventFilters) =>
  queryOptions({
    queryKey: [...eventsKey, "extent", filters],
    staleTime: extentStaleMilliseconds,
    queryFn: async ({ signal }) =>
      spanOfExtent(await trpcClient.events.extent.query(filters, { signal })),
  });

/** Counts over `span`, or over all there is when it is null, apart by the values of `by`. */
export const timelineQuery = (filters: EventFilters, span: Span | null, by: string) =>
  queryOptions({
    queryKey: [...eventsKey, "timeline", { filters, span, by }],
    queryFn: async ({ signal }): Promise<Timeline> => {
      const bounds = span ?? (await queryClient.fetchQuery(extentQuery(filters)));
      if (bounds === null) return { ...toSpan(0, 0), interval: "1h", buckets: [] };
      const interval = chooseInterval(spanMilliseconds(bounds));
      const input = { ...filters, ...bounds, interval, by };
      return { ...(await trpcClient.events.timeseries.query(input, { signal })), ...bounds };
    },
  });

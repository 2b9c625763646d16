import { dimension } from "@muniment/shared/events.ts";
import { timeInput, uuid } from "@muniment/shared/values.ts";
import { z } from "zod";
import { rangeNames, type Span } from "../../event-range.ts";
import type { EventFilters } from "../../event-timeline.ts";
import { querySearch } from "../../query-search.ts";

/** What the address of the page holds; what does not fit is ignored. */
export const eventsSearch = z.object({
  query: querySearch,
  range: z.enum(rangeNames).optional().catch(undefined),
  from: timeInput.optional().catch(undefined),
  to: timeInput.optional().catch(undefined),
  /** What the chart's colours stand for. */
  by: dimension.optional().catch(undefined),
  /** Whether the chart shows the time before as well. */
  compare: z.boolean().optional().catch(undefined),
  /** Facets that the person added. */
  facets: z.array(dimension).max(8).optional().catch(undefined),
  /** The event whose details are open. */
  event: uuid.optional().catch(undefined),
  live: z.boolean().optional().catch(undefined),
});
export type EventsSearch = z.infer<typeof eventsSearch>;

/** What the list, the chart and the facets show; `span` null is all there is. */
export type View = { filters: EventFilters; span: Span | null };

export function filtersOf({ query = "" }: EventsSearch): EventFilters {
  return query.trim() === "" ? {} : { query };
}

export function timeOf({ range, from, to }: EventsSearch) {
  return { range, from, to };
}

/** Whether the search says which times to show. */
export function hasTime({ range, from, to }: EventsSearch): boolean {
  return (range ?? from ?? to) !== undefined;
}

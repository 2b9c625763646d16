import { dimension, eventFilters } from "@muniment/shared/events.ts";
import { timeInput, uuid } from "@muniment/shared/values.ts";
import { z } from "zod";
import { rangeNames, type Span } from "../../event-range.ts";
import type { EventFilters } from "../../event-timeline.ts";

// The router reads a number where somebody wrote one without quotes.
function textOrNumber(schema: z.ZodString) {
  return z
    .union([schema, z.number().transform(String).pipe(schema)])
    .optional()
    .catch(undefined);
}

/** What the address of the page holds; what does not fit is ignored. */
export const eventsSearch = z.object({
  agentId: eventFilters.agentId.catch(undefined),
  types: eventFilters.types.catch(undefined),
  levels: eventFilters.levels.catch(undefined),
  subject: textOrNumber(eventFilters.subject.unwrap()),
  traceId: textOrNumber(eventFilters.traceId.unwrap()),
  text: textOrNumber(eventFilters.text.unwrap()),
  props: eventFilters.props.catch(undefined),
  range: z.enum(rangeNames).optional().catch(undefined),
  from: timeInput.optional().catch(undefined),
  to: timeInput.optional().catch(undefined),
  /** What the chart's colours stand for. */
  by: dimension.optional().catch(undefined),
  /** Facets that the person added. */
  facets: z.array(dimension).max(8).optional().catch(undefined),
  /** The event whose details are open. */
  event: uuid.optional().catch(undefined),
  live: z.boolean().optional().catch(undefined),
});
export type EventsSearch = z.infer<typeof eventsSearch>;

/** What the list, the chart and the facets show; `span` null is all there is. */
export type View = { filters: EventFilters; span: Span | null };

export function filtersOf(search: EventsSearch): EventFilters {
  const { agentId, types, levels, subject, traceId, text, props } = search;
  const filters = { agentId, types, levels, subject, traceId, text, props };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}

export function timeOf({ range, from, to }: EventsSearch) {
  return { range, from, to };
}

/** Whether the search says which times to show. */
export function hasTime({ range, from, to }: EventsSearch): boolean {
  return (range ?? from ?? to) !== undefined;
}

export const noFilters = {
  agentId: undefined,
  types: undefined,
  levels: undefined,
  subject: undefined,
  traceId: undefined,
  text: undefined,
  props: undefined,
} as const satisfies EventFilters;

import type { Event } from "@muniment/shared/events.ts";
import { rangeHolding } from "../../event-range.ts";
import { timelineQuery } from "../../event-timeline.ts";
import { trpc } from "../../trpc.ts";
import { type OverviewRange, overviewRanges, spansOf } from "./overview-search.ts";

const listed = 8;
/** The API names at most this many values of a field; that many active agents are "50 or more". */
export const mostCounted = 50;

export const graveLevels = ["error", "critical"] as const;
/** Asks for the same. */
export const graveQuery = "level>=error";

/** The newest event there is. */
export const newestQuery = trpc.events.search.queryOptions({ limit: 1 });

/** The range for a first look, one that is not empty. */
export function overviewRange(newest: readonly Event[], now: number): OverviewRange {
  const time = newest[0] ? Date.parse(newest[0].occurredAt) : null;
  const range = rangeHolding(time, now);
  return overviewRanges.find((one) => one === range) ?? "24h";
}

/** Everything the page counts for a range that ends now. */
export function overviewQueries(range: OverviewRange, now: number) {
  const { span, before } = spansOf(range, now);
  return {
    timeline: timelineQuery({}, span, "level"),
    before: before && timelineQuery({}, before, "level"),
    activeAgents: trpc.events.facets.queryOptions({
      ...span,
      fields: ["agentId"],
      limit: mostCounted,
    }),
    top: trpc.events.facets.queryOptions({ ...span, fields: ["type", "subject"], limit: listed }),
    recentErrors: trpc.events.search.queryOptions({
      ...span,
      levels: [...graveLevels],
      limit: listed,
    }),
  };
}
export type OverviewQueries = ReturnType<typeof overviewQueries>;

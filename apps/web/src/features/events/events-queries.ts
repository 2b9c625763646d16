import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";
import type { View } from "./events-search.ts";

const pageSize = 100;
const facetValues = 20;

/** Fields of every event, in the order of their facets. */
export const fixedFields = ["level", "type", "subject", "agentId"] as const;
export const defaultBy = "level";

/** Invalidate this to load everything about events again. */
export const eventsKey = trpc.events.pathKey();

/** The newest event there is, whatever the filters. */
export const newestQuery = trpc.events.search.queryOptions({ limit: 1 });

export const listQuery = ({ filters, span }: View) =>
  trpc.events.search.infiniteQueryOptions(
    { ...filters, ...span, limit: pageSize },
    // Many pages would be loaded again at once; there is a button for that.
    { ...byCursor, refetchOnWindowFocus: false, refetchOnReconnect: false },
  );

export const facetsQuery = ({ filters, span }: View, fields: readonly string[]) =>
  trpc.events.facets.queryOptions({
    ...filters,
    ...span,
    fields: [...fields],
    limit: facetValues,
  });

import type { Event } from "@muniment/shared/events.ts";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { propPath } from "../../event-query.ts";
import { listQuery } from "./events-queries.ts";
import type { View } from "./events-search.ts";
import { pathsIn, suggestPaths } from "./prop-paths.ts";
import { propsIn } from "./query-terms.ts";
import { useAddedFacets, useAsked, useBy } from "./use-explorer.ts";

/** The API counts this many fields in one call. */
const most = 8;

/** The newest matching events, as far as they are loaded. */
export function useLoadedEvents(view: View): readonly Event[] {
  const page = useInfiniteQuery(listQuery(view)).data?.pages[0];
  return useMemo(() => page?.items ?? [], [page]);
}

/** Property fields to count: those the person added or uses, then those that divide the loaded events best. */
export function useFacetFields(view: View): { fields: string[]; others: string[] } {
  const events = useLoadedEvents(view);
  const added = useAddedFacets();
  const { query } = useAsked();
  const by = useBy();
  return useMemo(() => {
    const used = [by, ...(query ? propsIn(query) : []).map((path) => `props.${path}`)];
    const wanted = [
      ...suggestPaths(events).map((path) => `props.${path}`),
      ...used.filter((field) => propPath(field) !== null),
    ];
    // In alphabetical order, so that they keep their places when others are suggested.
    const fields = [...new Set([...added, ...wanted.toSorted()])].slice(0, most);
    const others = pathsIn(events)
      .map((path) => `props.${path}`)
      .filter((field) => !fields.includes(field));
    return { fields, others };
  }, [events, added, query, by]);
}

import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { type ReadQuery, readQuery } from "../../event-query.ts";
import { spanOf, type TimeChoice } from "../../event-range.ts";
import { useNow } from "../../ui/use-now.ts";
import { defaultBy, eventsKey } from "./events-queries.ts";
import { type EventsSearch, filtersOf, timeOf, type View } from "./events-search.ts";

const route = getRouteApi("/app/events");

/** The query that the address holds. */
export function useAsked(): { text: string } & ReadQuery {
  const text = route.useSearch({ select: ({ query }) => query ?? "" });
  return useMemo(() => ({ text, ...readQuery(text) }), [text]);
}

export function useTimeChoice(): TimeChoice {
  return route.useSearch({ select: timeOf, structuralSharing: true });
}

/** The field that the chart's colours stand for. */
export function useBy(): string {
  return route.useSearch({ select: (search) => search.by ?? defaultBy });
}

/** Whether the chart shows the time before as well. */
export function useCompare(): boolean {
  return route.useSearch({ select: (search) => search.compare ?? false });
}

export function useAddedFacets(): readonly string[] {
  return route.useSearch({ select: (search) => search.facets ?? [], structuralSharing: true });
}

export function useSelected(): string | undefined {
  return route.useSearch({ select: (search) => search.event });
}

export function useLive(): boolean {
  return route.useSearch({ select: (search) => search.live ?? false });
}

/** Changes the address of the page; `replace` makes no step to go back to. */
export function useUpdate() {
  const navigate = route.useNavigate();
  return useCallback(
    (change: Partial<EventsSearch>, { replace = false } = {}) =>
      void navigate({
        search: (search) => ({ ...search, ...change }),
        replace,
        resetScroll: false,
      }),
    [navigate],
  );
}

/** What is to be shown, and how to load it again up to the present moment. */
export function useView(): { view: View; refresh: () => void } {
  const filters = route.useSearch({ select: filtersOf, structuralSharing: true });
  const time = useTimeChoice();
  const live = useLive();
  const now = useNow();
  const queryClient = useQueryClient();
  const [refreshes, setRefreshes] = useState(0);
  // A range that ends now is taken once, so that the list does not move under the reader. The clock is
  // looked at again for other filters, on a wish, and as it moves on in live mode.
  const span = useMemo(() => spanOf(time, Date.now()), [filters, time, refreshes, live ? now : 0]);
  const { from, to } = span ?? {};
  const view = useMemo<View>(
    () => ({ filters, span: from === undefined || to === undefined ? null : { from, to } }),
    [filters, from, to],
  );
  const refresh = () => {
    setRefreshes((count) => count + 1);
    void queryClient.invalidateQueries({ queryKey: eventsKey });
  };
  return { view, refresh };
}

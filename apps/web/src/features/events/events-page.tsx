import type { Event } from "@muniment/shared/events.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { type ReactNode, useDeferredValue, useEffect, useRef } from "react";
import { rangeHolding } from "../../event-range.ts";
import { PanelBoundary } from "../../panel-boundary.tsx";
import { cx } from "../../ui/class-names.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { BySelect } from "./by-select.tsx";
import { ChartPanel } from "./chart-panel.tsx";
import { EventPanel } from "./event-panel.tsx";
import { newestQuery } from "./events-queries.ts";
import type { View } from "./events-search.ts";
import { FacetSidebar } from "./facet-sidebar.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { ListPanel } from "./list-panel.tsx";
import { NoEvents } from "./no-events.tsx";
import { useAsked, useBy, useUpdate, useView } from "./use-explorer.ts";

/** How often the page looks for the very first event. */
const firstEventMilliseconds = 3000;

/** `menu` stands beside the filters. */
export function EventsPage({ menu }: { menu: ReactNode }) {
  const newest = useSuspenseQuery({
    ...newestQuery,
    refetchInterval: ({ state }) =>
      state.data?.items.length === 0 ? firstEventMilliseconds : false,
  }).data;
  useFirstLook(newest.items);
  return (
    <>
      <PageHeader
        title="Events"
        description="Everything your agents have sent. Filter, count, and follow it live."
      />
      {newest.items.length === 0 ? <NoEvents /> : <Explorer menu={menu} />}
    </>
  );
}

/** Moves to a range that holds the very first events when they come in, which may be of an old log. */
function useFirstLook([newest]: readonly Event[]) {
  const update = useUpdate();
  const wasEmpty = useRef(newest === undefined);
  useEffect(() => {
    if (!wasEmpty.current || !newest) return;
    wasEmpty.current = false;
    const range = rangeHolding(Date.parse(newest.occurredAt), Date.now());
    update({ range, from: undefined, to: undefined }, { replace: true });
  }, [newest, update]);
}

function Explorer({ menu }: { menu: ReactNode }) {
  const { view, refresh } = useView();
  const { problem } = useAsked();
  return (
    <>
      <FilterBar view={view} onRefresh={refresh}>
        {menu}
      </FilterBar>
      {problem === null ? <Panels view={view} /> : <UnreadableQuery />}
    </>
  );
}

/** Stands in the place of everything that a query which cannot be read would show. */
function UnreadableQuery() {
  return (
    <EmptyState icon={SearchX} title="The query cannot be read">
      The place is underlined above, with what was expected there.
    </EmptyState>
  );
}

function Panels({ view }: { view: View }) {
  // What is shown stays, dimmed, until the new is here.
  const shown = useDeferredValue(view);
  const dimmed = shown === view ? undefined : "opacity-60";
  const by = useBy();
  const resetKey = JSON.stringify(shown);
  return (
    <>
      <div aria-busy={shown !== view} className="grid gap-3">
        <div className={cx("min-w-0", dimmed)}>
          <PanelBoundary
            name="The chart"
            resetKey={`${by} ${resetKey}`}
            fallback={<Skeleton className="h-63" />}
            remedy={<BySelect view={shown} by={by} />}
          >
            <ChartPanel view={shown} />
          </PanelBoundary>
        </div>
        <div className="grid items-start gap-4 lg:grid-cols-[13rem_minmax(0,1fr)]">
          <FacetSidebar view={shown} resetKey={resetKey} className={dimmed} />
          <div className={cx("min-w-0", dimmed)}>
            <PanelBoundary name="The list" resetKey={resetKey} fallback={<ListSkeleton />}>
              <ListPanel view={shown} />
            </PanelBoundary>
          </div>
        </div>
      </div>
      <EventPanel view={shown} />
    </>
  );
}

function ListSkeleton() {
  return (
    <div role="status" className="grid gap-px">
      <span className="sr-only">Loading</span>
      {["a", "b", "c", "d", "e", "f", "g", "h"].map((row) => (
        <Skeleton key={row} className="h-8" />
      ))}
    </div>
  );
}

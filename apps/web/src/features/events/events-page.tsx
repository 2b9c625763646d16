import { useSuspenseQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { PanelBoundary } from "../../panel-boundary.tsx";
import { cx } from "../../ui/class-names.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ChartPanel } from "./chart-panel.tsx";
import { EventPanel } from "./event-panel.tsx";
import { newestQuery } from "./events-queries.ts";
import { FacetSidebar } from "./facet-sidebar.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { ListPanel } from "./list-panel.tsx";
import { NoEvents } from "./no-events.tsx";
import { useView } from "./use-explorer.ts";

/** How often the page looks for the very first event. */
const firstEventMilliseconds = 3000;

export function EventsPage() {
  const newest = useSuspenseQuery({
    ...newestQuery,
    refetchInterval: ({ state }) =>
      state.data?.items.length === 0 ? firstEventMilliseconds : false,
  }).data;
  return (
    <>
      <PageHeader
        title="Events"
        description="Everything your agents have sent. Filter, count, and follow it live."
      />
      {newest.items.length === 0 ? <NoEvents /> : <Explorer />}
    </>
  );
}

function Explorer() {
  const { view, refresh } = useView();
  // What is shown stays, dimmed, until the new is here.
  const shown = useDeferredValue(view);
  const dimmed = shown === view ? undefined : "opacity-60";
  const resetKey = JSON.stringify(shown);
  return (
    <>
      <FilterBar onRefresh={refresh} />
      <div aria-busy={shown !== view} className="grid gap-3">
        <div className={cx("min-h-63", dimmed)}>
          <PanelBoundary
            name="The chart"
            resetKey={resetKey}
            fallback={<Skeleton className="h-63" />}
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
      <EventPanel />
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

import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import { rangeLabels } from "../../event-range.ts";
import { PanelBoundary } from "../../panel-boundary.tsx";
import { RangeSwitch } from "../../range-switch.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useNow } from "../../ui/use-now.ts";
import { AgentsCard } from "./agents-card.tsx";
import { Figures } from "./figures.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { LevelChart } from "./level-chart.tsx";
import { newestQuery, overviewQueries, overviewRange } from "./overview-queries.ts";
import { type OverviewRange, overviewRanges } from "./overview-search.ts";
import { RecentErrors } from "./recent-errors.tsx";
import { TopValues } from "./top-values.tsx";

const route = getRouteApi("/app/");
/** How often the page looks for the very first event, and for newer ones. */
const firstEventMilliseconds = 3000;
const refreshMilliseconds = 30_000;

export function OverviewPage() {
  const { items } = useSuspenseQuery({
    ...newestQuery,
    refetchInterval: ({ state }) =>
      state.data?.items.length === 0 ? firstEventMilliseconds : refreshMilliseconds,
  }).data;
  const chosen = route.useSearch({ select: ({ range }) => range });
  const navigate = route.useNavigate();
  const range = chosen ?? overviewRange(items, Date.now());
  return (
    <>
      <PageHeader
        title="Overview"
        description="What your agents reported, and what went wrong."
        actions={
          items.length > 0 && (
            <RangeSwitch
              options={overviewRanges}
              value={range}
              onChange={(next) =>
                void navigate({ search: { range: next }, replace: true, resetScroll: false })
              }
            />
          )
        }
      />
      {items.length === 0 ? <FirstSteps /> : <Overview range={range} />}
    </>
  );
}

function Overview({ range }: { range: OverviewRange }) {
  const now = useNow();
  // Bounds move with whole bars only, so that a tick of the clock loads nothing by itself.
  const current = useMemo(() => overviewQueries(range, now), [range, now]);
  const queries = useDeferredValue(current);
  const panel = { queries, range, refetchInterval: refreshMilliseconds };
  const boundary = { resetKey: range, fallback: <Skeleton className="h-40" /> };
  return (
    <div className="grid gap-4">
      <p className="sr-only" aria-live="polite">
        {rangeLabels[range]}
      </p>
      <PanelBoundary name="The figures" {...boundary} fallback={<Skeleton className="h-21" />}>
        <Figures {...panel} />
      </PanelBoundary>
      <PanelBoundary name="The chart" {...boundary} fallback={<Skeleton className="h-70" />}>
        <LevelChart {...panel} />
      </PanelBoundary>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 md:grid-cols-2">
        <PanelBoundary name="The types" {...boundary}>
          <TopValues {...panel} field="type" />
        </PanelBoundary>
        <PanelBoundary name="The subjects" {...boundary}>
          <TopValues {...panel} field="subject" />
        </PanelBoundary>
        <PanelBoundary name="The errors" {...boundary}>
          <RecentErrors {...panel} />
        </PanelBoundary>
        <PanelBoundary name="The agents" {...boundary}>
          <AgentsCard {...panel} />
        </PanelBoundary>
      </div>
    </div>
  );
}

import { useSuspenseQuery } from "@tanstack/react-query";
import { History, ZoomOut } from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import { useAgentNames } from "../../agent-names.ts";
import { cutNote } from "../../anomalies.ts";
import { intervalNames, wholeBuckets, widen } from "../../event-range.ts";
import { toSeries } from "../../event-series.ts";
import { timelineQuery } from "../../event-timeline.ts";
import { Button } from "../../ui/button.tsx";
import { ChartFigure } from "../../ui/chart-figure.tsx";
import { ChartLegend } from "../../ui/chart-legend.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { useAxis } from "../../use-axis.ts";
import { useMarkers } from "../../use-markers.ts";
import { BySelect } from "./by-select.tsx";
import type { View } from "./events-search.ts";
import { fieldLabel, useFieldFilter } from "./field-names.ts";
import { useAnomalies } from "./use-anomalies.ts";
import { useBefore } from "./use-before.ts";
import { useBy, useLive, useTimeChoice, useUpdate } from "./use-explorer.ts";

const height = 160;
const liveMilliseconds = 5000;

function changeNote(count: number, before: number, kept: boolean): string {
  const then = `${formatCount(before)} in the time before`;
  if (!kept) return `${then}, not all of which is kept`;
  if (before === 0) return then;
  const percent = Math.round((count / before - 1) * 100);
  return `${percent > 0 ? "+" : ""}${percent} % against ${then}`;
}

/** How many events there were when; a dragged part becomes the time range. */
export function ChartPanel({ view }: { view: View }) {
  const by = useDeferredValue(useBy());
  const live = useLive();
  const time = useTimeChoice();
  const update = useUpdate();
  const agentName = useAgentNames();
  const filterBy = useFieldFilter();
  const timeline = useSuspenseQuery({
    ...timelineQuery(view.filters, view.span, by),
    refetchInterval: live && liveMilliseconds,
  }).data;
  const { interval } = timeline;
  const series = useMemo(
    () => toSeries(timeline.buckets, by, by === "agentId" ? agentName : undefined),
    [timeline.buckets, by, agentName],
  );
  const buckets = useAxis(timeline);
  const anomalies = useAnomalies(view);
  const markers = useMarkers(anomalies.items, buckets);
  const before = useBefore(view, by);
  const total = timeline.buckets.reduce((sum, { count }) => sum + count, 0);
  const widest = time.range === "all" && time.from === undefined && time.to === undefined;
  return (
    <ChartFigure
      title={`${formatCount(total)} ${total === 1 ? "event" : "events"}`}
      note={
        <>
          {total > 0 && `per ${intervalNames[interval]}, by ${fieldLabel(by)}`}
          {anomalies.isCut && ` · ${cutNote}`}
          {before.counts && ` · ${changeNote(total, before.total, before.kept)}`}
        </>
      }
      actions={
        <>
          <BySelect view={view} by={by} />
          <Button
            variant="ghost"
            size="iconSm"
            aria-label="Compare with the time before"
            title="Compare with the time before"
            aria-pressed={before.wanted}
            className={before.wanted ? "bg-accent-soft text-accent" : undefined}
            disabledReason={before.span ? undefined : "Nothing lies before all time"}
            onClick={() => update({ compare: before.wanted ? undefined : true })}
          >
            <History aria-hidden />
          </Button>
          <Button
            variant="ghost"
            size="iconSm"
            aria-label="Zoom out"
            title="Zoom out"
            disabledReason={widest ? "This is all there is" : undefined}
            onClick={() =>
              update({
                range: undefined,
                from: undefined,
                to: undefined,
                ...widen(time, Date.now()),
              })
            }
          >
            <ZoomOut aria-hidden />
          </Button>
        </>
      }
      buckets={buckets}
      series={series}
      before={before.counts}
      markers={markers}
      height={height}
      onZoom={(from, to) =>
        update({ range: undefined, live: undefined, ...wholeBuckets(from, to, "1m") })
      }
    >
      <ChartLegend
        series={series}
        actionOf={({ value }) => (value === null ? undefined : filterBy(by, value)?.toggle)}
      />
    </ChartFigure>
  );
}

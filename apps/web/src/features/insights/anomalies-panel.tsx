import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Lightbulb } from "lucide-react";
import { useMemo } from "react";
import { anomaliesQuery, hoursOf } from "../../anomalies.ts";
import { rangeLabels, wholeBuckets } from "../../event-range.ts";
import { toSeries } from "../../event-series.ts";
import { timelineQuery } from "../../event-timeline.ts";
import { ChartFigure } from "../../ui/chart-figure.tsx";
import { ChartLegend } from "../../ui/chart-legend.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { useAxis } from "../../use-axis.ts";
import { useMarkers } from "../../use-markers.ts";
import { AnomalyTable } from "./anomaly-table.tsx";
import type { InsightsRange } from "./insights-search.ts";

const height = 190;

/** The times that stand out, above the chart of all events and as a list. */
export function AnomaliesPanel({ range }: { range: InsightsRange }) {
  const { items, nextCursor } = useSuspenseQuery(anomaliesQuery(range)).data;
  const timeline = useSuspenseQuery(timelineQuery({}, hoursOf(range), "type")).data;
  const navigate = useNavigate();
  const series = useMemo(() => toSeries(timeline.buckets, "type"), [timeline]);
  const axis = useAxis(timeline);
  const markers = useMarkers(items, axis);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <ChartFigure
        title="Events by type"
        note={rangeLabels[range]}
        buckets={axis}
        series={series}
        markers={markers}
        height={height}
        onZoom={(from, to) =>
          void navigate({ to: "/events", search: wholeBuckets(from, to, "1m") })
        }
      >
        <ChartLegend series={series} />
      </ChartFigure>
      {items.length === 0 ? (
        <EmptyState icon={Lightbulb} title="Nothing stands out">
          Each hour of each agent and type is compared with the same hours of the four weeks before.
          A series is judged when some days of it are known.
        </EmptyState>
      ) : (
        <AnomalyTable anomalies={items} />
      )}
      {nextCursor && (
        <p className="text-center text-sm text-muted">
          These are the newest {items.length}. A shorter time shows fewer.
        </p>
      )}
    </div>
  );
}

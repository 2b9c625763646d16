import { eventLevels } from "@muniment/shared/events.ts";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { anomaliesQuery, cutNote } from "../../anomalies.ts";
import { valueQuery } from "../../event-query.ts";
import { rangeLabels, wholeBuckets } from "../../event-range.ts";
import { toSeries } from "../../event-series.ts";
import { ChartFigure } from "../../ui/chart-figure.tsx";
import { ChartLegend } from "../../ui/chart-legend.tsx";
import { useAxis } from "../../use-axis.ts";
import { useMarkers } from "../../use-markers.ts";
import type { PanelProps } from "./panel-props.ts";

const height = 190;

export function LevelChart({ queries, range, refetchInterval }: PanelProps) {
  const timeline = useSuspenseQuery({ ...queries.timeline, refetchInterval }).data;
  const navigate = useNavigate();
  const series = useMemo(() => toSeries(timeline.buckets, "level"), [timeline]);
  const axis = useAxis(timeline);
  // What stands out is drawn when it is known, and keeps nothing else from being shown.
  const { data } = useQuery({
    ...anomaliesQuery(range),
    enabled: range !== "all",
    retryOnMount: false,
  });
  const markers = useMarkers(data?.items, axis);
  return (
    <ChartFigure
      title="Events by level"
      note={data?.nextCursor ? `${rangeLabels[range]} · ${cutNote}` : rangeLabels[range]}
      buckets={axis}
      series={series}
      height={height}
      markers={markers}
      onZoom={(from, to) => void navigate({ to: "/events", search: wholeBuckets(from, to, "1m") })}
    >
      <ChartLegend
        series={series}
        actionOf={({ value }) => {
          const level = eventLevels.find((one) => one === value);
          return (
            level && {
              label: "Show these events",
              run: () =>
                void navigate({
                  to: "/events",
                  search: { range, query: valueQuery("level", level) },
                }),
            }
          );
        }}
      />
    </ChartFigure>
  );
}

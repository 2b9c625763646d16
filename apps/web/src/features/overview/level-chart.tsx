import { eventLevels } from "@muniment/shared/events.ts";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { anomaliesQuery, toMarkers } from "../../anomalies.ts";
import { valueQuery } from "../../event-query.ts";
import { intervalMilliseconds, rangeLabels, wholeBuckets } from "../../event-range.ts";
import { toSeries } from "../../event-series.ts";
import { ChartFigure } from "../../ui/chart-figure.tsx";
import { ChartLegend } from "../../ui/chart-legend.tsx";
import type { PanelProps } from "./panel-props.ts";

const height = 190;

export function LevelChart({ queries, range, refetchInterval }: PanelProps) {
  const { buckets, interval } = useSuspenseQuery({ ...queries.timeline, refetchInterval }).data;
  const navigate = useNavigate();
  const series = useMemo(() => toSeries(buckets, "level"), [buckets]);
  const axis = useMemo(
    () => ({
      starts: buckets.map(({ start }) => Date.parse(start)),
      width: intervalMilliseconds[interval],
    }),
    [buckets, interval],
  );
  // What stands out is drawn when it is known, and keeps nothing else from being shown.
  const anomalies = useQuery({ ...anomaliesQuery(range), enabled: range !== "all" }).data;
  const markers = useMemo(
    () =>
      range === "all"
        ? []
        : toMarkers(anomalies?.items ?? [], axis, (search) => {
            void navigate({ to: "/events", search });
          }),
    [range, anomalies, axis, navigate],
  );
  return (
    <ChartFigure
      title="Events by level"
      note={rangeLabels[range]}
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

import { eventLevels } from "@muniment/shared/events.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
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
  return (
    <ChartFigure
      title="Events by level"
      note={rangeLabels[range]}
      buckets={axis}
      series={series}
      height={height}
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

import {
  type AuditDimension,
  type AuditTimeseries,
  auditDimensions,
  auditOutcomes,
} from "@muniment/shared/audit-log.ts";
import { intervalMilliseconds } from "@muniment/shared/events.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { ZoomOut } from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import { intervalNames, type Span, wholeBuckets } from "../../event-range.ts";
import { toSeries } from "../../event-series.ts";
import { Button } from "../../ui/button.tsx";
import type { ChartSeries } from "../../ui/chart-data.ts";
import { ChartFigure } from "../../ui/chart-figure.tsx";
import { ChartLegend } from "../../ui/chart-legend.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { Select } from "../../ui/select.tsx";
import { type AuditInput, auditTimelineQuery } from "./audit-search.ts";

const height = 120;

const outcomeColors = {
  success: "--series-2",
  refused: "--series-3",
  failed: "--series-6",
} as const satisfies Record<(typeof auditOutcomes)[number], string>;

/** Outcomes keep their colours and their order, what went wrong nearest to the axis. */
function seriesOf(buckets: AuditTimeseries["buckets"], by: AuditDimension): ChartSeries[] {
  if (by !== "outcome") return toSeries(buckets, by);
  return auditOutcomes
    .toReversed()
    .map((outcome) => {
      const counts = buckets.map((bucket) => bucket.by[outcome] ?? 0);
      const total = counts.reduce((sum, count) => sum + count, 0);
      return { key: outcome, label: outcome, color: outcomeColors[outcome], counts, total };
    })
    .filter(({ total }) => total > 0);
}

type Props = {
  input: AuditInput;
  /** What is counted where no start was chosen. */
  period: string | null;
  /** No bound was chosen. */
  whole: boolean;
  by: AuditDimension | undefined;
  onBy: (by: AuditDimension | undefined) => void;
  onRange: (range: Span | { from: undefined; to: undefined }) => void;
};

/** How many entries were made when; a dragged part becomes the time range. */
export function AuditTimeline({ input, period, whole, by, onBy, onRange }: Props) {
  const asked = useMemo(() => ({ input, period, by }), [input, period, by]);
  const deferred = useDeferredValue(asked);
  const { interval, buckets: counted } = useSuspenseQuery(
    auditTimelineQuery(deferred.input, deferred.by),
  ).data;
  const chosen = deferred.by ?? "outcome";
  const series = useMemo(() => seriesOf(counted, chosen), [counted, chosen]);
  const buckets = useMemo(
    () => ({
      starts: counted.map(({ start }) => Date.parse(start)),
      width: intervalMilliseconds[interval],
    }),
    [counted, interval],
  );
  const total = counted.reduce((sum, { count }) => sum + count, 0);
  const title = `${formatCount(total)} ${total === 1 ? "entry" : "entries"}`;
  return (
    <ChartFigure
      title={deferred.period === null ? title : `${title} ${deferred.period}`}
      noun="entries"
      note={total > 0 && `per ${intervalNames[interval]}, by ${chosen}`}
      actions={
        <>
          <Select
            aria-label="Colours of the chart"
            className="w-36"
            value={by ?? "outcome"}
            onChange={({ target }) => {
              const next = auditDimensions.find((one) => one === target.value);
              onBy(next === "outcome" ? undefined : next);
            }}
          >
            {auditDimensions.map((one) => (
              <option key={one} value={one}>
                by {one}
              </option>
            ))}
          </Select>
          <Button
            variant="ghost"
            size="iconSm"
            aria-label="Take the time range away"
            title="Take the time range away"
            disabledReason={whole ? "No time range is chosen" : undefined}
            onClick={() => onRange({ from: undefined, to: undefined })}
          >
            <ZoomOut aria-hidden />
          </Button>
        </>
      }
      buckets={buckets}
      series={series}
      height={height}
      onZoom={(from, to) => onRange(wholeBuckets(from, to, "1m"))}
    >
      <ChartLegend series={series} />
    </ChartFigure>
  );
}

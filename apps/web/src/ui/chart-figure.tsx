import { ChartColumn, Table2 } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { Button } from "./button.tsx";
import { StackedChart } from "./chart.tsx";
import { type ChartBuckets, type ChartSeries, peak } from "./chart-data.ts";
import { type ChartMarker, ChartMarkers } from "./chart-markers.tsx";
import { ChartTable } from "./chart-table.tsx";
import { formatBucket } from "./chart-time.ts";
import { formatCount } from "./format-count.ts";

type Props = {
  title: string;
  /** Beside the title, muted. */
  note?: ReactNode;
  actions?: ReactNode;
  /** What is counted. */
  noun?: string;
  buckets: ChartBuckets;
  series: readonly ChartSeries[];
  /** Counts of as many buckets before. */
  before?: readonly number[] | undefined;
  /** Times that stand out. */
  markers?: readonly ChartMarker[] | undefined;
  /** In pixels. */
  height: number;
  /** A range was dragged on the picture or chosen in the table; times in milliseconds. */
  onZoom?: ((from: number, to: number) => void) | undefined;
  /** Shown below the picture. */
  children?: ReactNode;
};

/** A titled chart that can be shown as a table of its numbers instead. */
export function ChartFigure(props: Props) {
  const { title, buckets, series, before, height, onZoom, markers = [] } = props;
  const { noun = "events" } = props;
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const Icon = asTable ? ChartColumn : Table2;
  const toggle = asTable ? "Show as a chart" : "Show as a table";
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-lg border bg-surface p-3">
      <header className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        <span className="grow text-xs text-muted">{props.note}</span>
        <div className="flex items-center gap-1">
          {props.actions}
          <Button
            variant="ghost"
            size="iconSm"
            aria-label={toggle}
            title={toggle}
            onClick={() => setAsTable(!asTable)}
          >
            <Icon aria-hidden />
          </Button>
        </div>
      </header>
      {asTable ? (
        <ChartTable
          {...{ caption: `${title} as a table`, buckets, series, before, height, onZoom }}
        />
      ) : (
        <>
          {markers.length > 0 && <ChartMarkers {...{ markers, buckets }} />}
          {buckets.starts.length === 0 ? (
            <p className="grid place-items-center text-sm text-muted" style={{ height }}>
              There is nothing to chart.
            </p>
          ) : (
            <StackedChart
              label={`${title}: ${summary(buckets, series, noun)}`}
              {...{ buckets, series, before, height }}
              onBrush={onZoom}
            />
          )}
        </>
      )}
      {props.children && <div className="mt-1.5">{props.children}</div>}
    </section>
  );
}

function summary(
  { starts, width }: ChartBuckets,
  series: readonly ChartSeries[],
  noun: string,
): string {
  const total = series.reduce((sum, one) => sum + one.total, 0);
  const highest = peak(series, starts.length);
  if (total === 0) return `no ${noun}.`;
  const when = formatBucket(starts[highest.place] ?? 0, width, Date.now());
  return `${formatCount(total)} ${noun}, most of them (${formatCount(highest.count)}) in ${when}. The button beside shows the numbers as a table.`;
}

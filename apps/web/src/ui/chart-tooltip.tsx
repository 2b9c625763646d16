import { type ChartBuckets, type ChartSeries, totalAt } from "./chart-data.ts";
import type { Hover } from "./chart-plot.ts";
import { Swatch } from "./chart-swatch.tsx";
import { formatBucket } from "./chart-time.ts";
import { formatCount } from "./format-count.ts";

type Props = {
  hover: Hover;
  frameWidth: number;
  buckets: ChartBuckets;
  series: readonly ChartSeries[];
  before: readonly number[] | undefined;
};

const gapPixels = 8;

/** The values of one bucket, on the side of the bar that has room. */
export function ChartTooltip({ hover, frameWidth, buckets, series, before }: Props) {
  const start = buckets.starts[hover.place] ?? 0;
  const present = series.filter(({ counts }) => (counts[hover.place] ?? 0) > 0);
  const onTheLeft = hover.left + hover.width / 2 > frameWidth / 2;
  const position = onTheLeft
    ? { right: frameWidth - hover.left + gapPixels }
    : { left: hover.left + hover.width + gapPixels };
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-1 z-20 max-w-64 min-w-36 rounded-md border bg-raised px-2.5 py-2 text-xs shadow-elevation"
      style={position}
    >
      <div className="whitespace-nowrap text-muted">
        {formatBucket(start, buckets.width, Date.now())}
      </div>
      <div className="mt-0.5 flex justify-between gap-4 font-semibold">
        <span>Total</span>
        <span>{formatCount(totalAt(series, hover.place))}</span>
      </div>
      {before && (
        <div className="flex justify-between gap-4 text-muted">
          <span>Before</span>
          <span>{formatCount(before[hover.place] ?? 0)}</span>
        </div>
      )}
      {present.map((one) => (
        <div key={one.key} className="mt-0.5 flex items-center gap-1.5">
          <Swatch color={one.color} />
          <span className="min-w-0 grow truncate">{one.label}</span>
          <span className="pl-3">{formatCount(one.counts[hover.place] ?? 0)}</span>
        </div>
      ))}
    </div>
  );
}

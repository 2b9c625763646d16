import { useEffect, useMemo, useRef, useState } from "react";
import type uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { ChartBuckets, ChartSeries } from "./chart-data.ts";
import { columns, createPlot, type Hover } from "./chart-plot.ts";
import { useThemeInForce } from "./chart-theme.ts";
import { ChartTooltip } from "./chart-tooltip.tsx";
import { cx } from "./class-names.ts";

type Props = {
  /** What the picture shows, in a sentence; the numbers belong in a table beside it. */
  label: string;
  buckets: ChartBuckets;
  series: readonly ChartSeries[];
  /** Counts of as many buckets before, drawn as a line. */
  before?: readonly number[] | undefined;
  /** In pixels. */
  height: number;
  /** A range was dragged; times in milliseconds. */
  onBrush?: ((from: number, to: number) => void) | undefined;
};

/** Counts over time as stacked bars on a canvas, with the values of the bucket under the pointer. */
export function StackedChart({ label, buckets, series, before, height, onBrush }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [hover, setHover] = useState<Hover | null>(null);
  const theme = useThemeInForce();
  const hasBefore = before !== undefined;
  // What the plot's own callbacks must always see in its newest form.
  const latest = useRef({ buckets, series, before, onBrush });
  latest.current = { buckets, series, before, onBrush };
  const look = useMemo(
    () => JSON.stringify([theme, hasBefore, series.map(({ key, color }) => [key, color])]),
    [theme, hasBefore, series],
  );

  // Made anew only when the look changes; numbers are set below.
  useEffect(() => {
    const target = frame.current;
    if (!target) return;
    const made = createPlot(
      target,
      { width: target.clientWidth, height },
      () => latest.current.buckets,
      latest.current.series,
      latest.current.before,
      { onHover: setHover, onBrush: (from, to) => latest.current.onBrush?.(from, to) },
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: target.clientWidth, height });
    });
    observer.observe(target);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
      setHover(null);
    };
  }, [look, height]);

  useEffect(() => {
    plot.current?.setData(columns(buckets, series, before));
  }, [buckets, series, before]);

  return (
    <div className="relative min-w-0" style={{ height }}>
      {hover && (
        <div
          aria-hidden
          className="pointer-events-none absolute top-2 bottom-[38px] bg-ink/8"
          style={{ left: hover.left, width: hover.width }}
        />
      )}
      <div
        ref={frame}
        role="img"
        aria-label={label}
        className={cx(
          "absolute inset-0 [&_.u-select]:bg-accent/30!",
          onBrush && "cursor-crosshair",
        )}
      />
      {hover && (
        <ChartTooltip
          hover={hover}
          frameWidth={frame.current?.clientWidth ?? 0}
          buckets={buckets}
          series={series}
          before={before}
        />
      )}
    </div>
  );
}

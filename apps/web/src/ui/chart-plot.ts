import uPlot from "uplot";
import { axisEnd, type ChartBuckets, type ChartSeries, stack, withBefore } from "./chart-data.ts";
import { themeColor } from "./chart-theme.ts";
import { axisLabels } from "./chart-time.ts";
import { formatCompact } from "./format-count.ts";

/** Where the pointer is: a bucket, and its bar in pixels of the plot's root. */
export type Hover = { place: number; left: number; width: number };

type Hooks = {
  onHover: (hover: Hover | null) => void;
  /** A range was dragged; times in milliseconds. */
  onBrush: (from: number, to: number) => void;
};

/** Pixels of the figure that the bars do not reach. */
export const plotInsets = { left: 44, right: 20 } as const;

/** A drag shorter than this is a click. */
const shortestBrushPixels = 4;
const axisFont = "11px ui-sans-serif, system-ui, sans-serif";
const countSteps = [1, 2, 5].flatMap((step) => [...Array(12).keys()].map((e) => step * 10 ** e));

/** A stacked bar chart in `target`, `before` as a line over it; `buckets` is read again at every drawing. */
export function createPlot(
  target: HTMLElement,
  size: { width: number; height: number },
  buckets: () => ChartBuckets,
  series: readonly ChartSeries[],
  before: readonly number[] | undefined,
  { onHover, onBrush }: Hooks,
): uPlot {
  const steps = uPlot.paths.stepped?.({ align: 1 });
  const bars = uPlot.paths.bars?.({ align: 1, size: [1, Number.POSITIVE_INFINITY], gap: 1 });
  const color = (name: string) => themeColor(name);
  const options: uPlot.Options = {
    ...size,
    ms: 1,
    legend: { show: false },
    padding: [8, plotInsets.right, 0, 0],
    cursor: {
      y: false,
      x: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: shortestBrushPixels },
    },
    scales: {
      x: {
        time: true,
        range: () => {
          const { starts, width } = buckets();
          const first = starts[0] ?? 0;
          return [first, (starts.at(-1) ?? first) + width];
        },
      },
      y: { range: (_plot, _min, max) => [0, axisEnd(max ?? 0)] },
    },
    axes: [
      {
        font: axisFont,
        stroke: () => color("--faint"),
        grid: { show: false },
        ticks: { stroke: () => color("--line-strong"), size: 4, width: 1 },
        space: 80,
        size: 38,
        gap: 4,
        values: (_plot, splits, _axis, _space, step) => axisLabels(splits, step, Date.now()),
      },
      {
        font: axisFont,
        stroke: () => color("--faint"),
        grid: { stroke: () => color("--line"), width: 1 },
        ticks: { show: false },
        incrs: countSteps.toSorted((a, b) => a - b),
        space: 32,
        gap: 6,
        size: plotInsets.left,
        values: (_plot, splits) => splits.map(formatCompact),
      },
    ],
    series: [
      {},
      ...series.toReversed().map(
        (one): uPlot.Series => ({
          fill: () => color(one.color),
          width: 0,
          points: { show: false },
          ...(bars && { paths: bars }),
        }),
      ),
      ...(before
        ? [
            {
              stroke: () => color("--ink"),
              width: 1.25,
              dash: [4, 3],
              points: { show: false },
              ...(steps && { paths: steps }),
            } satisfies uPlot.Series,
          ]
        : []),
    ],
    hooks: {
      setCursor: [(plot) => onHover(hoverOf(plot, buckets()))],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < shortestBrushPixels) return;
          onBrush(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
  return new uPlot(options, columns(buckets(), series, before), target);
}

export function columns(
  { starts }: ChartBuckets,
  series: readonly ChartSeries[],
  before: readonly number[] | undefined,
): uPlot.AlignedData {
  const [, ...values] = withBefore(stack(starts, series), before);
  return [[...starts], ...values];
}

function hoverOf(plot: uPlot, { starts, width }: ChartBuckets): Hover | null {
  const { left = -1 } = plot.cursor;
  const first = starts[0];
  const dragging = plot.cursor.event?.buttons === 1;
  if (left < 0 || dragging || first === undefined) return null;
  const place = Math.floor((plot.posToVal(left, "x") - first) / width);
  const start = starts[place];
  if (start === undefined) return null;
  const from = plot.valToPos(start, "x");
  return {
    place,
    left: from + plot.over.offsetLeft,
    width: plot.valToPos(start + width, "x") - from,
  };
}

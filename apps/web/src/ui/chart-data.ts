/** One colour of a stacked chart, its values in the order of the buckets. */
export type ChartSeries = {
  key: string;
  label: string;
  /** A custom property of the theme, `--series-1`. */
  color: string;
  counts: readonly number[];
  total: number;
};

/** Equally wide buckets by their start, in milliseconds. */
export type ChartBuckets = { starts: readonly number[]; width: number };

/**
 * Columns for the canvas: the starts, then running sums, the topmost series first, because each
 * bar reaches down to the axis and the next one is painted over it.
 */
export function stack(starts: readonly number[], series: readonly ChartSeries[]): number[][] {
  const sums = starts.map(() => 0);
  const stacked = series.map(({ counts }) =>
    sums.map((sum, place) => {
      const next = sum + (counts[place] ?? 0);
      sums[place] = next;
      return next;
    }),
  );
  return [[...starts], ...stacked.toReversed()];
}

/** The columns with the counts of the time before, which are drawn as a line, last. */
export function withBefore(
  columns: number[][],
  before: readonly number[] | undefined,
): (number | null)[][] {
  return before
    ? [...columns, columns[0]?.map((_, place) => before[place] ?? null) ?? []]
    : columns;
}

export function totalAt(series: readonly ChartSeries[], place: number): number {
  return series.reduce((sum, { counts }) => sum + (counts[place] ?? 0), 0);
}

const roundSteps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The end of the vertical axis: a round number at or a little above the highest bar; at least 4. */
export function axisEnd(highest: number): number {
  if (highest <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = roundSteps.find((one) => one * power >= highest) ?? 10;
  return Math.ceil(step * power);
}

/** The bucket with the most events. */
export function peak(series: readonly ChartSeries[], buckets: number) {
  let best = { place: 0, count: 0 };
  for (let place = 0; place < buckets; place++) {
    const count = totalAt(series, place);
    if (count > best.count) best = { place, count };
  }
  return best;
}

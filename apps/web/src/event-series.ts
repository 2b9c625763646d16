import {
  type EventLevel,
  eventLevels,
  noValue as noneKey,
  otherValues as otherKey,
  type Timeseries,
} from "@muniment/shared/events.ts";

/** One colour of a stacked chart. `value` is what a filter would ask for; null when none can. */
export type EventSeries = {
  key: string;
  label: string;
  value: string | null;
  /** A custom property of the theme, `--series-1`. */
  color: string;
  counts: number[];
  total: number;
};

const colors = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];

export const levelColors = {
  debug: "--series-other",
  info: "--series-2",
  warn: "--series-3",
  error: "--series-6",
  critical: "--series-4",
} as const satisfies Record<EventLevel, string>;

type Buckets = Timeseries["buckets"];

/**
 * The series of a chart counted by `by`, in stacking order from the axis up: levels gravest first,
 * other values most frequent first, then the rest and the events without the field.
 */
export function toSeries(
  buckets: Buckets,
  by: string,
  labelOf: (value: string) => string = (value) => value,
): EventSeries[] {
  const totals = new Map<string, number>();
  for (const bucket of buckets) {
    for (const [key, count] of Object.entries(bucket.by ?? {})) {
      totals.set(key, (totals.get(key) ?? 0) + count);
    }
  }
  totals.delete(otherKey);
  totals.delete(noneKey);
  const ranked = by === "level" ? rankedLevels(totals) : rankedValues(totals);
  const named = ranked.map(({ key, color }) => ({
    ...countsOf(buckets, (counts) => counts[key] ?? 0),
    key,
    label: labelOf(key),
    value: key,
    color,
  }));
  const shown = new Set([noneKey, ...ranked.map(({ key }) => key)]);
  const hidden = countsOf(buckets, (counts) =>
    sum(Object.entries(counts).map(([key, count]) => (shown.has(key) ? 0 : count))),
  );
  const missing = countsOf(buckets, (counts) => counts[noneKey] ?? 0);
  return [
    ...named,
    { ...hidden, key: otherKey, label: "Other values", value: null, color: "--series-other" },
    { ...missing, key: noneKey, label: "Without it", value: null, color: "--line-strong" },
  ].filter(({ total }) => total > 0);
}

function rankedLevels(totals: ReadonlyMap<string, number>) {
  return eventLevels
    .toReversed()
    .filter((level) => totals.has(level))
    .map((level) => ({ key: level, color: levelColors[level] }));
}

function rankedValues(totals: ReadonlyMap<string, number>) {
  return [...totals]
    .sort(([a, countA], [b, countB]) => countB - countA || a.localeCompare(b))
    .slice(0, colors.length)
    .map(([key], place) => ({ key, color: colors[place] ?? "--series-other" }));
}

function countsOf(
  buckets: Buckets,
  count: (by: Record<string, number>) => number,
): Pick<EventSeries, "counts" | "total"> {
  const counts = buckets.map((bucket) => count(bucket.by ?? {}));
  return { counts, total: sum(counts) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

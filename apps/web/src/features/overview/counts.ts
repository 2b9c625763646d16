import type { EventLevel, Timeseries } from "@muniment/shared/events.ts";

/** Events of a timeline counted by level: of these levels, or of all. */
export function countLevels(
  buckets: Timeseries["buckets"],
  levels?: readonly EventLevel[],
): number {
  return buckets.reduce(
    (sum, { count, by = {} }) =>
      sum + (levels ? levels.reduce((part, level) => part + (by[level] ?? 0), 0) : count),
    0,
  );
}

/** How a count compares with the one of the time before, in words. */
export function change(count: number, before: number): string {
  if (count === before) return "as many as before";
  if (before === 0) return "none before";
  const ratio = count / before;
  if (ratio >= 2.5)
    return `${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)} times as many as before`;
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  return `${percent < 1 ? "under 1" : percent} % ${ratio > 1 ? "more" : "fewer"} than before`;
}

import type { TimeRange } from "./time-range.ts";

const minute = 60_000;
/** Minutes of the intervals there are counts of, the coarsest first. Each is a multiple of the next. */
const grains = [360, 15, 5] as const;
type Minutes = (typeof grains)[number];

/** Counts of intervals that lie wholly in the range. */
export type CountedPiece = TimeRange & { minutes: Minutes };
/** Events to be counted one by one; with `sign` -1 those that the counts have too many. */
export type RawPiece = TimeRange & { sign: 1 | -1 };
export type ChartPieces = {
  counted: CountedPiece[];
  /** What the counted pieces cover together. */
  covered: TimeRange;
  raw: RawPiece[];
};

const up = (time: number, unit: number) => Math.ceil(time / unit) * unit;
const down = (time: number, unit: number) => Math.floor(time / unit) * unit;

/** The part of an interval that is counted one by one: whichever side holds less of the past. */
function edge(inside: TimeRange, outside: TimeRange, now: number): RawPiece {
  const past = ({ from, to }: TimeRange) => Math.max(0, Math.min(to, now) - from);
  return past(outside) < past(inside) ? { ...outside, sign: -1 } : { ...inside, sign: 1 };
}

/** Intervals as coarse as fit into the range, finer ones at its ends; no piece crosses a `step`. */
function cut(
  { from, to }: TimeRange,
  step: number,
  [minutes, ...finer]: readonly Minutes[],
): CountedPiece[] {
  if (minutes === undefined || from >= to) return [];
  const grain = minutes * minute;
  const [low, high] = [up(from, grain), down(to, grain)];
  if (step % grain !== 0 || low >= high) return cut({ from, to }, step, finer);
  const left = cut({ from, to: low }, step, finer);
  const right = cut({ from: high, to }, step, finer);
  return [...left, { from: low, to: high, minutes }, ...right];
}

/**
 * Cuts a range into what counts of six hours, of quarters of an hour and, where there are such, of five
 * minutes, and single events give together. `step` is the interval of the chart in milliseconds, which no
 * piece may cross, `finestMinutes` the finest that is counted of what is asked.
 */
export function chartPieces(
  range: TimeRange,
  step: number,
  now: number,
  finestMinutes: Minutes,
): ChartPieces {
  const { from, to } = range;
  const finest = finestMinutes * minute;
  const none = { counted: [], covered: { from, to: from } };
  if (from >= to) return { ...none, raw: [] };
  if (step % finest !== 0) return { ...none, raw: [{ ...range, sign: 1 }] };
  let [low, high] = [up(from, finest), down(to, finest)];
  if (low >= high) return { ...none, raw: [{ ...range, sign: 1 }] };
  const raw: RawPiece[] = [];
  if (from < low) {
    const left = edge({ from, to: low }, { from: low - finest, to: from }, now);
    if (left.sign === -1) low -= finest;
    raw.push(left);
  }
  if (high < to) {
    const right = edge({ from: high, to }, { from: to, to: high + finest }, now);
    if (right.sign === -1) high += finest;
    raw.push(right);
  }
  const covered = { from: low, to: high };
  const fitting = grains.filter((minutes) => minutes >= finestMinutes);
  return { counted: cut(covered, step, fitting), covered, raw };
}

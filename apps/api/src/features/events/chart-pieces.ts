import type { TimeRange } from "./time-range.ts";

const quarter = 900_000;
const sixHours = 21_600_000;

/** Counts of intervals that lie wholly in the range. */
export type CountedPiece = TimeRange & { minutes: 15 | 360 };
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

/** The part of a quarter that is counted one by one: whichever side holds less of the past. */
function edge(inside: TimeRange, outside: TimeRange, now: number): RawPiece {
  const past = ({ from, to }: TimeRange) => Math.max(0, Math.min(to, now) - from);
  return past(outside) < past(inside) ? { ...outside, sign: -1 } : { ...inside, sign: 1 };
}

/**
 * Cuts a range into what counts of six hours, counts of a quarter of an hour, and single events give
 * together. `step` is the interval of the chart in milliseconds, which no piece may cross.
 */
export function chartPieces(range: TimeRange, step: number, now: number): ChartPieces {
  const { from, to } = range;
  const none = { counted: [], covered: { from, to: from } };
  if (from >= to) return { ...none, raw: [] };
  if (step % quarter !== 0) return { ...none, raw: [{ ...range, sign: 1 }] };
  let [low, high] = [up(from, quarter), down(to, quarter)];
  if (low >= high) return { ...none, raw: [{ ...range, sign: 1 }] };
  const raw: RawPiece[] = [];
  if (from < low) {
    const left = edge({ from, to: low }, { from: low - quarter, to: from }, now);
    if (left.sign === -1) low -= quarter;
    raw.push(left);
  }
  if (high < to) {
    const right = edge({ from: high, to }, { from: to, to: high + quarter }, now);
    if (right.sign === -1) high += quarter;
    raw.push(right);
  }
  const [coarseLow, coarseHigh] = [up(low, sixHours), down(high, sixHours)];
  const coarse = step % sixHours === 0 && coarseLow < coarseHigh;
  const pieces: CountedPiece[] = coarse
    ? [
        { from: low, to: coarseLow, minutes: 15 },
        { from: coarseLow, to: coarseHigh, minutes: 360 },
        { from: coarseHigh, to: high, minutes: 15 },
      ]
    : [{ from: low, to: high, minutes: 15 }];
  return {
    counted: pieces.filter((piece) => piece.from < piece.to),
    covered: { from: low, to: high },
    raw,
  };
}

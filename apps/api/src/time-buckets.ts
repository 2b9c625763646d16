import { type Interval, intervalMilliseconds, intervals } from "@muniment/shared/events.ts";
import { AppError } from "./errors.ts";

const maxBuckets = 2000;
const wantedBuckets = 120;
const beyond = Date.UTC(2500, 0, 1);

export type Buckets = { interval: Interval; step: number; starts: number[] };

const countOf = (from: number, to: number, step: number) =>
  from === to ? 0 : Math.ceil(to / step) - Math.floor(from / step);

/**
 * The intervals, counted from 1970 in UTC, that together cover the range; without a chosen interval
 * the shortest that makes at most 120 of it.
 * @throws AppError `invalid_range` for more than 2,000, or for a range that no calendar of events has
 */
export function bucketsOf(from: number, to: number, chosen: Interval | undefined): Buckets {
  if (from > to || from < 0 || to > beyond) {
    throw new AppError("invalid_range", "The range must lie between 1970 and 2500, in order.");
  }
  const fitting = intervals.find(
    (name) => countOf(from, to, intervalMilliseconds[name]) <= wantedBuckets,
  );
  const interval = chosen ?? fitting ?? "30d";
  const step = intervalMilliseconds[interval];
  const count = countOf(from, to, step);
  if (count > maxBuckets) {
    throw new AppError("invalid_range", `The range has more than ${maxBuckets} intervals.`);
  }
  const first = Math.floor(from / step) * step;
  return { interval, step, starts: Array.from({ length: count }, (_, i) => first + i * step) };
}

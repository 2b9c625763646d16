import { exchange, medianOf } from "./robust.ts";

/** What an hour is compared with: the same hour of every day, of days of its kind, or of its day of the week. */
export const seasons = ["hour", "weekday", "week"] as const;
export type Season = (typeof seasons)[number];

/** An hour as it would usually be; NaN where too little is known. */
export type Baseline = {
  season: Season;
  /** Events, by place; scaled to how busy the days before were. */
  expected: Float64Array;
  /** With how many hours each was compared. */
  compared: Uint8Array;
};

const day = 24;
const lookBackDays = 28;
/**
 * Of each season: which days of the week are of a kind, from Sunday on, how many of one kind there are in
 * four weeks, and how many say something.
 */
const comparable: Record<Season, { kinds: readonly number[]; most: number; fewest: number }> = {
  hour: { kinds: [0, 0, 0, 0, 0, 0, 0], most: 28, fewest: 3 },
  weekday: { kinds: [1, 0, 0, 0, 0, 0, 1], most: 20, fewest: 4 },
  week: { kinds: [0, 1, 2, 3, 4, 5, 6], most: 4, fewest: 3 },
};

/** Days before that say how busy it is now, and the events of no day that they must outweigh. */
const levelDays = 5;
const fewestLevelDays = 3;
const levelWeight = 20;
const burst = 5;
const levelBounds = { least: 0.25, most: 4 } as const;

/** Sunday is 0; 1970-01-01 was a Thursday. */
export const weekdayOf = (hour: number) => (Math.floor(hour / day) + 4) % 7;
export const isWeekend = (hour: number) => weekdayOf(hour) % 6 === 0;

/** How busy the day that ends at `end` was against what was usual; NaN where that is not known. */
function ratioOfDay(counts: ArrayLike<number>, usual: Float64Array, end: number): number {
  let [sum, usualSum] = [0, 0];
  for (let hour = end - day; hour < end; hour++) {
    const expected = usual[hour] ?? Number.NaN;
    usualSum += expected;
    // What comes where nothing is usual, and a burst, say nothing of how busy the usual is.
    const most = expected > 0 ? levelBounds.most * expected + burst : 0;
    sum += Math.min(counts[hour] ?? 0, most);
  }
  return (sum + levelWeight) / (usualSum + levelWeight);
}

/** Follows how busy it is, day by day: the median of the ratios of the last days. */
function followLevel(): (ratio: number) => number {
  const last = new Float64Array(levelDays).fill(Number.NaN);
  const sorted = new Float64Array(levelDays);
  let [end, days] = [0, 0];
  return (ratio) => {
    end = exchange(sorted, 0, end, last[days % levelDays] ?? Number.NaN, ratio);
    last[days % levelDays] = ratio;
    days += 1;
    if (end < fewestLevelDays) return 1;
    return Math.min(Math.max(medianOf(sorted, 0, end), levelBounds.least), levelBounds.most);
  };
}

/**
 * What each hour of a series would usually hold, from the hours before it alone: the median of the
 * comparable ones of four weeks. `firstHour` is the first place in hours since 1970; what lies before
 * `knownFrom` is not known.
 */
export function baselineOf(
  season: Season,
  counts: Float64Array,
  firstHour: number,
  knownFrom: number,
): Baseline {
  const { kinds, most, fewest } = comparable[season];
  const length = counts.length;
  const usual = new Float64Array(length).fill(Number.NaN);
  const expected = new Float64Array(length).fill(Number.NaN);
  const compared = new Uint8Array(length);
  // Of each kind of day and hour of the day, the counts of the four weeks before, sorted.
  const samples = new Float64Array(7 * day * most);
  const ends = new Int32Array(7 * day).map((_, part) => part * most);
  const level = followLevel();
  let busy = 1;
  for (let place = knownFrom; place < length; ) {
    const hour = firstHour + place;
    const nextDay = Math.min(length, place + day - (hour % day));
    const [kind = 0, kindBefore = 0] = [kinds[weekdayOf(hour)], kinds[weekdayOf(hour - day)]];
    if (hour % day === 0) busy = level(ratioOfDay(counts, usual, place));
    for (let hourOfDay = hour % day; place < nextDay; place++, hourOfDay++) {
      const before = place - day;
      if (before >= knownFrom) {
        const left = before - lookBackDays * day;
        const gone = left >= knownFrom ? (counts[left] ?? 0) : Number.NaN;
        const part = kindBefore * day + hourOfDay;
        const end = ends[part] ?? 0;
        ends[part] = exchange(samples, part * most, end, gone, counts[before] ?? 0);
      }
      const part = kind * day + hourOfDay;
      const end = ends[part] ?? 0;
      const known = end - part * most;
      if (known < fewest) continue;
      const median = medianOf(samples, part * most, end);
      usual[place] = median;
      expected[place] = median * busy;
      compared[place] = known;
    }
  }
  return { season, expected, compared };
}

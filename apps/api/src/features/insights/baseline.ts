import { medianOfFirst } from "./robust.ts";

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
/** Fewer hours to compare with say nothing. */
const fewest: Record<Season, number> = { hour: 3, weekday: 4, week: 3 };

/** Days before that say how busy it is now, and the events of no day that they must outweigh. */
const levelDays = 5;
const fewestLevelDays = 3;
const levelWeight = 20;
const burst = 5;
const levelBounds = { least: 0.25, most: 4 } as const;

/** Sunday is 0; 1970-01-01 was a Thursday. */
export const weekdayOf = (hour: number) => (Math.floor(hour / day) + 4) % 7;
export const isWeekend = (hour: number) => weekdayOf(hour) % 6 === 0;

function isComparable(season: Season, weekday: number, other: number): boolean {
  if (season === "hour") return true;
  return season === "weekday" ? (weekday % 6 === 0) === (other % 6 === 0) : weekday === other;
}

/** Of each season and day of the week, how many days before there was a comparable one. */
const comparableDays = Object.fromEntries(
  seasons.map((season) => [
    season,
    Array.from({ length: 7 }, (_, weekday) =>
      Array.from({ length: lookBackDays }, (_, place) => place + 1).filter((back) =>
        isComparable(season, weekday, (weekday + lookBackDays - back) % 7),
      ),
    ),
  ]),
) as Record<Season, number[][]>;

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

/** How busy it is: the median of the ratios of the last days. */
function levelOf(ratios: readonly number[]): number {
  const some = Float64Array.from(ratios.slice(-levelDays).filter((ratio) => !Number.isNaN(ratio)));
  if (some.length < fewestLevelDays) return 1;
  const level = medianOfFirst(some, some.length);
  return Math.min(Math.max(level, levelBounds.least), levelBounds.most);
}

/**
 * What each hour of a series would usually hold, from the hours before it alone: the median of the
 * comparable ones of four weeks. `firstHour` is the first place in hours since 1970; what lies before
 * `knownFrom` is not known.
 */
export function baselineOf(
  season: Season,
  counts: ArrayLike<number>,
  firstHour: number,
  knownFrom: number,
): Baseline {
  const length = counts.length;
  const usual = new Float64Array(length).fill(Number.NaN);
  const expected = new Float64Array(length).fill(Number.NaN);
  const compared = new Uint8Array(length);
  const samples = new Float64Array(lookBackDays);
  const ratios: number[] = [];
  let level = 1;
  for (let place = knownFrom; place < length; place++) {
    let known = 0;
    for (const back of comparableDays[season][weekdayOf(firstHour + place)] ?? []) {
      const other = place - back * day;
      if (other < knownFrom) break;
      samples[known++] = counts[other] ?? 0;
    }
    if ((firstHour + place) % day === 0) {
      ratios.push(ratioOfDay(counts, usual, place));
      level = levelOf(ratios);
    }
    if (known < fewest[season]) continue;
    usual[place] = medianOfFirst(samples, known);
    expected[place] = (usual[place] ?? 0) * level;
    compared[place] = known;
  }
  return { season, expected, compared };
}

import { type Baseline, baselineOf, type Season, seasons } from "./baseline.ts";
import type { Spread } from "./robust.ts";
import { fewestSpreadHours, spreadsOf } from "./spreads.ts";

/** A time that stands out: the hour that begins at `place`, or the 24 hours that end with it. */
export type Outlier = {
  place: number;
  hours: 1 | 24;
  count: number;
  /** Events that would be usual. */
  low: number;
  high: number;
  /** In widths of the usual spread; below 0 for too few. */
  score: number;
  season: Season;
};

/** From here on a score stands out; about one hour in a million of pure chance does. */
export const leastScore = 5;
/** A difference of fewer events never does. */
const fewestEvents = 5;
/** Usual is what lies within so many widths of the spread. */
const usualWidths = 3;
/** An expectation of the median of n hours is itself this much uncertain, divided by n. */
const medianUncertainty = 1.57;
/** Another season is believed when it errs by so much less, over so many hours. */
const betterBy = 0.9;
const errorHours = 14 * 24;
const sumStep = 3;
const day = 24;

/**
 * Counts on a scale on which chance spreads them by 1, whatever their size (Anscombe 1948, for Poisson).
 */
const toScale = (count: number) => 2 * Math.sqrt(Math.max(count, 0) + 0.375);
const fromScale = (value: number) => (Math.max(value, 0) / 2) ** 2 - 0.375;

function strays(counts: Float64Array, expected: Float64Array): Float64Array {
  const found = new Float64Array(expected.length);
  for (let place = 0; place < found.length; place++) {
    found[place] = toScale(counts[place] ?? 0) - toScale(expected[place] ?? Number.NaN);
  }
  return found;
}

type Model = Baseline & { strays: Float64Array; spreadBefore: (end: number) => Spread };

/** The season that erred least in the days before `end`. */
function bestOf(models: readonly Model[], end: number): Model | undefined {
  let best: Model | undefined;
  for (const model of models) {
    if (Number.isNaN(model.expected[end] ?? Number.NaN)) continue;
    if (!best) {
      best = model;
      continue;
    }
    let [sum, bestSum, hours] = [0, 0, 0];
    for (let place = Math.max(0, end - errorHours); place < end; place++) {
      const error = Math.abs(model.strays[place] ?? Number.NaN);
      const bestError = Math.abs(best.strays[place] ?? Number.NaN);
      if (Number.isNaN(error + bestError)) continue;
      sum += error;
      bestSum += bestError;
      hours += 1;
    }
    if (hours >= fewestSpreadHours && sum < bestSum * betterBy) best = model;
  }
  return best;
}

type Judged = { stray: number; expected: number; spread: Spread; centre: number; compared: number };

/** How far an hour lies outside the usual spread, and whether farther than ever before. */
function scoreOf({ stray, spread, centre, compared }: Judged) {
  const above = stray - centre;
  const unsure = Math.sqrt(1 + medianUncertainty / Math.max(compared, 1));
  const width = Math.max(1, above > 0 ? spread.up : spread.down) * unsure;
  // Where bursts make the spread wide, more than ever before stands out all the same.
  const beyond = (stray - spread.most) / (Math.max(1, spread.core) * unsure);
  const isRecord = beyond > above / width;
  return { score: isRecord ? beyond : above / width, width, isRecord };
}

/** What stands out, with what would be usual in its place; null for what does not. */
function judge(judged: Judged, count: number) {
  const { score, width, isRecord } = scoreOf(judged);
  if (Math.abs(score) < leastScore) return null;
  const { expected, spread, centre } = judged;
  const middle = toScale(expected) + centre;
  if (Math.abs(count - fromScale(middle)) < fewestEvents) return null;
  const upTo = isRecord ? spread.most - centre : usualWidths * width;
  return {
    score,
    low: Math.max(0, Math.round(fromScale(middle - usualWidths * width))),
    high: Math.max(0, Math.round(fromScale(middle + upTo))),
  };
}

/** Whether the other seasons find the same, so that what returns every week is no surprise to any. */
function isUnusualToAll(all: readonly Float64Array[], place: number, score: number): boolean {
  return all.every((values) => {
    const stray = values[place] ?? Number.NaN;
    return Number.isNaN(stray) || stray * Math.sign(score) >= leastScore;
  });
}

/** Sums of the 24 values that end at each place; NaN where one is not known. */
function daySums(values: Float64Array): Float64Array {
  const sums = Float64Array.from(values);
  // Of 2, of 4, of 8 that end there, each from those before; then three of 8.
  for (const step of [1, 2, 4]) {
    for (let place = sums.length - 1; place >= step; place--) {
      sums[place] = (sums[place] ?? 0) + (sums[place - step] ?? 0);
    }
  }
  for (let place = sums.length - 1; place >= day - 1; place--) {
    sums[place] = (sums[place] ?? 0) + (sums[place - 8] ?? 0) + (sums[place - 16] ?? 0);
  }
  return sums.fill(Number.NaN, 0, day - 1);
}

/** Places of one day, for which the same is known of the days before. */
function* daysFrom(from: number, length: number, firstHour: number) {
  for (let start = from; start < length; ) {
    const end = Math.min(length, start + day - ((firstHour + start) % day));
    yield { start, end };
    start = end;
  }
}

/**
 * The hours, and the times of 24 hours, that stand out in a series of hourly counts, each judged by
 * what was before it alone. `firstHour` is the time of the first count in hours since 1970; counts
 * before `knownFrom` are not known, and those before `scoredFrom` only say what is usual.
 */
export function scoreSeries(
  given: ArrayLike<number>,
  firstHour: number,
  knownFrom: number,
  scoredFrom: number,
): Outlier[] {
  const counts = new Float64Array(given);
  const models = seasons.map((season): Model => {
    const baseline = baselineOf(season, counts, firstHour, knownFrom);
    const modelStrays = strays(counts, baseline.expected);
    return { ...baseline, strays: modelStrays, spreadBefore: spreadsOf(modelStrays) };
  });
  const allStrays = models.map((model) => model.strays);
  const outliers: Outlier[] = [];
  // One that stands out by itself is not to make the 24 hours around it stand out.
  const cleaned = counts.slice();
  // The day before is judged as well, so that the first sums are of cleaned counts.
  const from = Math.max(scoredFrom - day, knownFrom, 0);
  const chosen: (Model | undefined)[] = [];
  for (const { start, end } of daysFrom(from, counts.length, firstHour)) {
    const model = bestOf(models, start);
    if (!model) continue;
    const spread = model.spreadBefore(start);
    for (let place = start; place < end; place++) {
      const stray = model.strays[place] ?? Number.NaN;
      const expected = model.expected[place] ?? Number.NaN;
      if (Number.isNaN(stray)) continue;
      chosen[place - from] = model;
      const compared = model.compared[place] ?? 0;
      const count = counts[place] ?? 0;
      const found = judge({ stray, expected, spread, centre: 0, compared }, count);
      if (!found || !isUnusualToAll(allStrays, place, found.score)) continue;
      cleaned[place] = expected;
      if (place < scoredFrom) continue;
      outliers.push({ place, hours: 1, count, ...found, season: model.season });
    }
  }
  const chosenAt = (place: number) => chosen[place - from];
  return [...outliers, ...scoreDays(counts, cleaned, chosenAt, firstHour, from + day)];
}

/** Changes too small for any hour: 24 hours that together stand out. */
function scoreDays(
  counts: Float64Array,
  cleaned: Float64Array,
  chosenAt: (place: number) => Model | undefined,
  firstHour: number,
  from: number,
): Outlier[] {
  const sums = daySums(counts);
  const cleanedSums = daySums(cleaned);
  const outliers: Outlier[] = [];
  const byModel = new Map<Model, Pick<Model, "expected" | "spreadBefore">>();
  for (const { start, end } of daysFrom(from, counts.length, firstHour)) {
    const model = chosenAt(start);
    if (!model) continue;
    let summed = byModel.get(model);
    if (!summed) {
      const expected = daySums(model.expected);
      // Sums that overlap so much say nearly the same.
      summed = { expected, spreadBefore: spreadsOf(strays(sums, expected), sumStep) };
      byModel.set(model, summed);
    }
    const spread = summed.spreadBefore(start);
    const { median: centre } = spread;
    for (let place = start; place < end; place++) {
      const expected = summed.expected[place] ?? Number.NaN;
      const sum = cleanedSums[place] ?? Number.NaN;
      if (Number.isNaN(expected + sum)) continue;
      const stray = toScale(sum) - toScale(expected);
      const compared = model.compared[place] ?? 0;
      const found = judge({ stray, expected, spread, centre, compared }, sum);
      if (!found) continue;
      const count = Math.round(sum);
      outliers.push({ place, hours: 24, count, ...found, season: model.season });
    }
  }
  return outliers;
}

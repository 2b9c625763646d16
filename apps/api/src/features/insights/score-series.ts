import { type Baseline, baselineOf, type Season, seasons } from "./baseline.ts";
import { type Spread, spreadOf } from "./robust.ts";

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
/** Hours that tell how far a series strays, and how many are needed to believe it. */
const spreadHours = 28 * 24;
const fewestSpreadHours = 72;
const carefulSpread = 1.5;
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

function strays(counts: ArrayLike<number>, expected: Float64Array): Float64Array {
  const found = new Float64Array(expected.length);
  for (let place = 0; place < found.length; place++) {
    found[place] = toScale(counts[place] ?? 0) - toScale(expected[place] ?? Number.NaN);
  }
  return found;
}

/** Every `step`-th of the hours before `end`, those that are known; good until the next call. */
function known(values: Float64Array, end: number, step: number): Float64Array {
  let length = 0;
  for (let place = Math.max(0, end - spreadHours); place < end; place += step) {
    const value = values[place] ?? Number.NaN;
    if (!Number.isNaN(value)) knownValues[length++] = value;
  }
  return knownValues.subarray(0, length);
}
const knownValues = new Float64Array(spreadHours);

type Model = Baseline & { strays: Float64Array };

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

function judge({ stray, expected, spread, centre, compared }: Judged) {
  const above = stray - centre;
  const unsure = Math.sqrt(1 + medianUncertainty / Math.max(compared, 1));
  const width = Math.max(1, above > 0 ? spread.up : spread.down) * unsure;
  const middle = toScale(expected) + centre;
  // Where bursts make the spread wide, more than ever before stands out all the same.
  const beyond = (stray - spread.most) / (Math.max(1, spread.core) * unsure);
  const isRecord = beyond > above / width;
  const upTo = isRecord ? spread.most - centre : usualWidths * width;
  return {
    score: isRecord ? beyond : above / width,
    width,
    usual: fromScale(middle),
    low: Math.max(0, Math.round(fromScale(middle - usualWidths * width))),
    high: Math.max(0, Math.round(fromScale(middle + upTo))),
  };
}

const careful: Spread = {
  median: 0,
  up: carefulSpread,
  down: carefulSpread,
  core: carefulSpread,
  most: Number.POSITIVE_INFINITY,
};

function spreadBefore(values: Float64Array, end: number, step = 1): Spread {
  const some = known(values, end, step);
  return some.length * step < fewestSpreadHours ? careful : spreadOf(some);
}

/** Whether the other seasons find the same, so that what returns every week is no surprise to any. */
function isUnusualToAll(all: readonly Float64Array[], place: number, score: number): boolean {
  return all.every((values) => {
    const stray = values[place] ?? Number.NaN;
    return Number.isNaN(stray) || stray * Math.sign(score) >= leastScore;
  });
}

/** Sums of the 24 values that end at each place; NaN where one is not known. */
function daySums(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length).fill(Number.NaN);
  for (let place = day - 1; place < values.length; place++) {
    let sum = 0;
    for (let hour = place - day + 1; hour <= place; hour++) sum += values[hour] ?? Number.NaN;
    sums[place] = sum;
  }
  return sums;
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
  counts: ArrayLike<number>,
  firstHour: number,
  knownFrom: number,
  scoredFrom: number,
): Outlier[] {
  const models = seasons.map((season): Model => {
    const baseline = baselineOf(season, counts, firstHour, knownFrom);
    return { ...baseline, strays: strays(counts, baseline.expected) };
  });
  const allStrays = models.map((model) => model.strays);
  const outliers: Outlier[] = [];
  // One that stands out by itself is not to make the 24 hours around it stand out.
  const cleaned = Float64Array.from(counts);
  // The day before is judged as well, so that the first sums are of cleaned counts.
  const from = Math.max(scoredFrom - day, knownFrom, 0);
  const chosen = new Map<number, Model>();
  for (const { start, end } of daysFrom(from, counts.length, firstHour)) {
    const model = bestOf(models, start);
    if (!model) continue;
    const spread = spreadBefore(model.strays, start);
    for (let place = start; place < end; place++) {
      const stray = model.strays[place] ?? Number.NaN;
      const expected = model.expected[place] ?? Number.NaN;
      if (Number.isNaN(stray)) continue;
      chosen.set(place, model);
      const compared = model.compared[place] ?? 0;
      const { score, usual, low, high } = judge({ stray, expected, spread, centre: 0, compared });
      const count = counts[place] ?? 0;
      if (Math.abs(score) < leastScore || Math.abs(count - usual) < fewestEvents) continue;
      if (!isUnusualToAll(allStrays, place, score)) continue;
      cleaned[place] = expected;
      if (place < scoredFrom) continue;
      outliers.push({ place, hours: 1, count, low, high, score, season: model.season });
    }
  }
  return [...outliers, ...scoreDays(counts, cleaned, chosen, firstHour, from + day)];
}

/** Changes too small for any hour: 24 hours that together stand out. */
function scoreDays(
  counts: ArrayLike<number>,
  cleaned: Float64Array,
  chosen: ReadonlyMap<number, Model>,
  firstHour: number,
  from: number,
): Outlier[] {
  const sums = daySums(counts);
  const cleanedSums = daySums(cleaned);
  const outliers: Outlier[] = [];
  const byModel = new Map<Model, { expected: Float64Array; strays: Float64Array }>();
  for (const { start, end } of daysFrom(from, counts.length, firstHour)) {
    const model = chosen.get(start);
    if (!model) continue;
    let summed = byModel.get(model);
    if (!summed) {
      const expected = daySums(model.expected);
      summed = { expected, strays: strays(sums, expected) };
      byModel.set(model, summed);
    }
    // Sums that overlap so much say nearly the same.
    const spread = spreadBefore(summed.strays, start, sumStep);
    for (let place = start; place < end; place++) {
      const expected = summed.expected[place] ?? Number.NaN;
      const count = cleanedSums[place] ?? Number.NaN;
      if (Number.isNaN(expected + count)) continue;
      const { median: centre } = spread;
      const stray = toScale(count) - toScale(expected);
      const compared = model.compared[place] ?? 0;
      const { score, usual, low, high } = judge({ stray, expected, spread, centre, compared });
      if (Math.abs(score) < leastScore || Math.abs(count - usual) < fewestEvents) continue;
      const whole = Math.round(count);
      outliers.push({ place, hours: 24, count: whole, low, high, score, season: model.season });
    }
  }
  return outliers;
}

import type { Series } from "../src/features/insights/incidents.ts";

const day = 24;
const historyDays = 28;
const scoredDays = 7;

/** A Monday, in hours since 1970. */
export const firstHour = Date.UTC(2026, 0, 5) / 3_600_000;
export const scoredFrom = firstHour + historyDays * day;
const length = (historyDays + scoredDays) * day;

/** Hours since 1970 in which a series is not as usual; `end` exclusive. */
export type Label = { start: number; end: number; kind: string };
export type Labelled = Series & { shape: string; labels: Label[] };

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;

const normal = (next: Random) =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** A count of chance with this mean (Knuth's way, and the normal distribution for large means). */
export function poisson(next: Random, mean: number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(next)));
  const least = Math.exp(-mean);
  let count = 0;
  for (let product = next(); product > least; product *= next()) count++;
  return count;
}

type Shape = { rate: number; mean(place: number): number; noise?: number };

const hourOf = (place: number) => place % day;
const dayOf = (place: number) => Math.floor(place / day);
const isWeekend = (place: number) => dayOf(place) % 7 >= 5;
const wave = (place: number, peak: number) =>
  0.08 + 0.92 * Math.max(0, Math.cos(((hourOf(place) - peak) / day) * 2 * Math.PI)) ** 1.5;

/** How series look when nothing is wrong, the difficult ones too. */
const shapes: Record<string, (next: Random) => Shape> = {
  flat(next) {
    const rate = 10 ** (0.5 + 2.2 * next());
    return { rate, mean: () => rate };
  },
  daily(next) {
    const [rate, peak] = [10 ** (1 + 1.8 * next()), 8 + Math.floor(10 * next())];
    return { rate, mean: (place) => rate * wave(place, peak) };
  },
  "working days"(next) {
    const [rate, peak] = [10 ** (1.3 + 1.5 * next()), 13];
    return { rate, mean: (place) => rate * wave(place, peak) * (isWeekend(place) ? 0.15 : 1) };
  },
  growing(next) {
    const [rate, growth] = [10 ** (1.3 + next()), 0.01 + 0.02 * next()];
    return { rate, mean: (place) => rate * wave(place, 14) * (1 + growth) ** (place / day) };
  },
  "nightly job"(next) {
    const [rate, hour] = [40 + 400 * next(), Math.floor(5 * next())];
    return { rate, mean: (place) => (hourOf(place) === hour ? rate : 0.2) };
  },
  "weekly job"(next) {
    const [rate, hour] = [60 + 300 * next(), Math.floor(24 * next())];
    const weekday = Math.floor(7 * next());
    return {
      rate,
      mean: (place) => (hourOf(place) === hour && dayOf(place) % 7 === weekday ? rate : 0.3),
    };
  },
  noisy(next) {
    const rate = 20 + 200 * next();
    return { rate, mean: (place) => rate * wave(place, 12), noise: 0.45 };
  },
  bursts(next) {
    const rate = 30 + 100 * next();
    return { rate, mean: () => (next() < 0.07 ? rate * (0.5 + next()) : 1) };
  },
  sparse(next) {
    const rate = 0.3 + 1.5 * next();
    return { rate, mean: () => rate };
  },
  "seen seldom"(next) {
    return { rate: 0.02, mean: () => 0.02 + 0.001 * next() };
  },
};

/** What may happen, with the least rate at which somebody would want to know. */
const happenings: Record<string, { least: number; happen: (made: Made, next: Random) => Label }> = {
  spike: {
    least: 0,
    happen({ counts, shape }, next) {
      const [start, hours] = [placeIn(next, 3), 1 + Math.floor(3 * next())];
      const factor = 3 + 5 * next();
      for (let place = start; place < start + hours; place++) {
        counts[place] = poisson(next, Math.max(shape.rate * factor, 25));
      }
      return { start, end: start + hours, kind: "spike" };
    },
  },
  "busy at a quiet hour": {
    least: 60,
    happen({ counts, shape }, next) {
      const start = quietest(shape);
      for (const place of [start, start + 1]) counts[place] = poisson(next, shape.rate * 0.8);
      return { start, end: start + 2, kind: "busy at a quiet hour" };
    },
  },
  outage: {
    least: 40,
    happen({ counts, shape }, next) {
      const [start, hours] = [busiest(shape), 2 + Math.floor(4 * next())];
      for (let place = start; place < start + hours; place++) counts[place] = 0;
      return { start, end: start + hours, kind: "outage" };
    },
  },
  "falls silent": {
    least: 1,
    happen({ counts }, next) {
      const start = placeIn(next, 3 * day);
      for (let place = start; place < length; place++) counts[place] = 0;
      return { start, end: length, kind: "falls silent" };
    },
  },
  "new level": {
    least: 8,
    happen({ counts }, next) {
      const start = placeIn(next, 2 * day);
      for (let place = start; place < length; place++) {
        counts[place] = poisson(next, 3 * (counts[place] ?? 0));
      }
      return { start, end: length, kind: "new level" };
    },
  },
  "slow rise": {
    least: 0.3,
    happen({ counts, shape }, next) {
      const start = placeIn(next, 2 * day);
      for (let place = start; place < start + 2 * day; place++) {
        counts[place] = (counts[place] ?? 0) + poisson(next, Math.max(1.5, shape.rate * 1.5));
      }
      return { start, end: start + 2 * day, kind: "slow rise" };
    },
  },
};

type Made = { counts: number[]; shape: Shape };

const placeIn = (next: Random, room: number) =>
  historyDays * day + Math.floor((scoredDays * day - room) * next());

function extreme(shape: Shape, sign: 1 | -1): number {
  const from = (historyDays + 1) * day;
  let best = from;
  for (let place = from; place < from + 3 * day; place++) {
    if (sign * shape.mean(place) > sign * shape.mean(best)) best = place;
  }
  return best;
}
const quietest = (shape: Shape) => extreme(shape, -1);
const busiest = (shape: Shape) => extreme(shape, 1);

/** Which happenings are visible in which shapes; none: what looks like one there is usual. */
const possible: Record<string, readonly string[]> = {
  flat: ["spike", "outage", "falls silent", "new level", "slow rise"],
  daily: ["spike", "busy at a quiet hour", "outage", "falls silent", "new level"],
  "working days": ["spike", "busy at a quiet hour", "outage", "falls silent", "new level"],
  growing: ["spike", "busy at a quiet hour", "outage", "falls silent"],
  "nightly job": ["spike", "outage", "falls silent"],
  "weekly job": ["spike"],
  noisy: ["spike", "falls silent"],
  bursts: ["spike"],
  sparse: ["spike", "falls silent", "slow rise"],
  "seen seldom": ["spike"],
};

function makeSeries(next: Random, name: string, number: number, happening: string): Labelled {
  const shape = (shapes[name] as (typeof shapes)[string])(next);
  const { noise = 0 } = shape;
  const counts = Array.from({ length }, (_, place) =>
    poisson(next, shape.mean(place) * Math.exp(noise * normal(next))),
  );
  const { least = Number.POSITIVE_INFINITY, happen } = happenings[happening] ?? {};
  const labels = happen && shape.rate >= least ? [happen({ counts, shape }, next)] : [];
  return {
    agentId: `agent ${number % 7}`,
    type: `${name} ${number}`,
    shape: name,
    counts,
    labels: labels.map((label) => ({
      ...label,
      start: firstHour + label.start,
      end: firstHour + Math.min(label.end, length),
    })),
  };
}

/** Five weeks of hourly counts, made by chance from a seed: half of the series have an anomaly in the last week. */
export function labelledSeries(seed: number, perShape: number): Labelled[] {
  const next = random(seed);
  return Object.keys(shapes).flatMap((name, kind) =>
    Array.from({ length: perShape }, (_, place) => {
      const some = possible[name] ?? [];
      const happening = place % 2 === 0 ? (some[(place / 2) % some.length] ?? "") : "";
      return makeSeries(next, name, kind * perShape + place, happening);
    }),
  );
}

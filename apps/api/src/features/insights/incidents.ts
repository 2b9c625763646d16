import { setImmediate } from "node:timers/promises";
import { isWeekend, weekdayOf } from "./baseline.ts";
import { leastScore, type Outlier, scoreSeries } from "./score-series.ts";

/** Hourly counts of one agent and type. */
export type Series = { agentId: string; type: string; counts: ArrayLike<number> };

/** Outliers of one series that belong together, told by the farthest of them. */
export type Incident = {
  agentId: string;
  type: string;
  direction: "more" | "fewer" | "new";
  /** Hours since 1970; `end` exclusive. */
  start: number;
  end: number;
  /** The farthest of it: the time that the counts are of. */
  at: number;
  hours: 1 | 24;
  count: number;
  low: number;
  high: number;
  score: number;
  explanation: string;
};

/** Outliers with no more between them belong together. */
const longestPause = 2;
/** An agent is known after so many hours; what it sends then for the first time is new. */
const acquaintance = 72;
const day = 24;
const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const events = (count: number) => `${count} ${count === 1 ? "event" : "events"}`;

function usualWhen({ season }: Outlier, hour: number): string {
  if (season === "hour") return "at this hour";
  if (season === "week") return `at this hour of a ${weekdays[weekdayOf(hour)]}`;
  return `at this hour of a ${isWeekend(hour) ? "weekend day" : "weekday"}`;
}

function explain(outlier: Outlier, hour: number): string {
  const { count, low, high, hours } = outlier;
  const usual = low === high ? `${low} are` : `${low} to ${high} are`;
  const score = `score ${Math.round(Math.abs(outlier.score))}`;
  return hours === 24
    ? `${events(count)} in 24 hours where ${usual} usual, ${score}`
    : `${events(count)} where ${usual} usual ${usualWhen(outlier, hour)}, ${score}`;
}

/** Whether nothing lies between the outliers but hours without events, when those are the matter. */
function isSilent({ counts }: Series, from: number, to: number): boolean {
  for (let place = from; place < to; place++) if ((counts[place] ?? 0) > 0) return false;
  return true;
}

const directionOf = ({ score }: Outlier) => (score > 0 ? "more" : "fewer");
const startOf = ({ place, hours }: Outlier) => place - hours + 1;

/** Outliers of one kind in the order of time, those together that belong together. */
function groups(series: Series, outliers: readonly Outlier[]): Outlier[][] {
  const found: Outlier[][] = [];
  for (const outlier of outliers) {
    const last = found.at(-1)?.at(-1);
    const pause = last ? startOf(outlier) - last.place - 1 : Number.POSITIVE_INFINITY;
    const goesOn =
      last !== undefined &&
      (pause <= longestPause ||
        (outlier.score < 0 && isSilent(series, last.place + 1, startOf(outlier))));
    if (goesOn) found.at(-1)?.push(outlier);
    else found.push([outlier]);
  }
  return found;
}

function toIncident(series: Series, group: readonly Outlier[], firstHour: number): Incident[] {
  const [first] = group;
  const last = group.at(-1);
  if (!first || !last) return [];
  const peak = group.reduce((best, one) =>
    Math.abs(one.score) > Math.abs(best.score) ? one : best,
  );
  let end = last.place + 1;
  // Silence lasts until the next event, also when it has become usual.
  while (last.score < 0 && end < series.counts.length && series.counts[end] === 0) end++;
  const at = firstHour + startOf(peak);
  const { hours, count, low, high } = peak;
  return [
    {
      agentId: series.agentId,
      type: series.type,
      direction: directionOf(peak),
      start: firstHour + startOf(first),
      end: firstHour + end,
      at,
      hours,
      count,
      low,
      high,
      score: Math.abs(peak.score),
      explanation: explain(peak, at),
    },
  ];
}

/** The first day of a type that a known agent had not sent before, when it brought enough events. */
function newcomer(series: Series, firstHour: number, first: number, agentFrom: number): Incident[] {
  let count = 0;
  const end = Math.min(series.counts.length, first + day);
  for (let place = first; place < end; place++) count += series.counts[place] ?? 0;
  const score = 2 * (Math.sqrt(count + 0.375) - Math.sqrt(0.375));
  if (score < leastScore) return [];
  const start = firstHour + first;
  const days = Math.floor((first - agentFrom) / day);
  const explanation = `${events(count)} in 24 hours of a type that this agent had not sent in the ${days} days before, score ${Math.round(score)}`;
  return [
    {
      agentId: series.agentId,
      type: series.type,
      direction: "new",
      start,
      end: firstHour + end,
      at: start,
      hours: 24,
      count,
      low: 0,
      high: 0,
      score,
      explanation,
    },
  ];
}

function incidentsOf(
  series: Series,
  firstHour: number,
  agentFrom: number,
  scoredFrom: number,
): Incident[] {
  let first = 0;
  while (first < series.counts.length && (series.counts[first] ?? 0) === 0) first++;
  const isNew = first >= scoredFrom && first - agentFrom >= acquaintance;
  const outliers = scoreSeries(series.counts, firstHour, first, scoredFrom);
  const of = (hours: number, direction: string) =>
    groups(
      series,
      outliers.filter((one) => one.hours === hours && directionOf(one) === direction),
    ).flatMap((group) => toIncident(series, group, firstHour));
  return [
    ...(isNew ? newcomer(series, firstHour, first, agentFrom) : []),
    ...["more", "fewer"].flatMap((direction) => {
      const hourly = of(1, direction);
      // The day says nothing that its hours have not said.
      const daily = of(24, direction).filter(
        ({ start, end }) => !hourly.some((one) => one.start < end && one.end > start),
      );
      return [...hourly, ...daily];
    }),
  ];
}

/** What tells an incident from the others that begin with it. */
export const keyOf = ({ agentId, type, direction, hours }: Incident): string =>
  JSON.stringify([agentId, type, direction, hours]);

/** Newest first, in an order that is the same every time. */
const byNewest = (a: Incident, b: Incident) => b.start - a.start || (keyOf(a) < keyOf(b) ? -1 : 1);

/** What stands out in one series after another. */
function* bySeries(
  all: readonly Series[],
  firstHour: number,
  scoredFrom: number,
): Generator<Incident[]> {
  const firstSeen = new Map<string, number>();
  for (const { agentId, counts } of all) {
    const known = firstSeen.get(agentId) ?? counts.length;
    let first = 0;
    while (first < known && (counts[first] ?? 0) === 0) first++;
    firstSeen.set(agentId, Math.min(first, known));
  }
  for (const series of all) {
    const agentFrom = firstSeen.get(series.agentId) ?? 0;
    yield incidentsOf(series, firstHour, agentFrom, scoredFrom - firstHour);
  }
}

/**
 * What stands out in the hours from `scoredFrom` of series that all begin at `firstHour`, in hours
 * since 1970, and are of the same length; newest first.
 */
export const findIncidents = (
  all: readonly Series[],
  firstHour: number,
  scoredFrom: number,
): Incident[] => [...bySeries(all, firstHour, scoredFrom)].flat().sort(byNewest);

/** The same, letting others work between two series: two hundred noisy ones take a second. */
export async function findIncidentsInTurns(
  ...of: Parameters<typeof findIncidents>
): Promise<Incident[]> {
  const found: Incident[] = [];
  for (const some of bySeries(...of)) {
    found.push(...some);
    await setImmediate();
  }
  return found.sort(byNewest);
}

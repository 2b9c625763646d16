import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { poisson, random } from "../../../test/labelled-series.ts";
import { findIncidents, findIncidentsInTurns, type Series } from "./incidents.ts";
import { leastScore } from "./score-series.ts";

const day = 24;
const weeks = 5 * 7 * day;
/** A Monday. */
const firstHour = Date.UTC(2026, 0, 5) / 3_600_000;
const lastWeek = weeks - 7 * day;

/** Five weeks of hours around a mean, with some of them as they are said to be. */
function series(mean: number | ((place: number) => number), changes: Record<number, number> = {}) {
  const next = random(7);
  const at = typeof mean === "number" ? () => mean : mean;
  const counts = Array.from({ length: weeks }, (_, place) => poisson(next, at(place)));
  for (const [place, count] of Object.entries(changes)) counts[Number(place)] = count;
  return counts;
}

const find = (...all: number[][]) =>
  findIncidents(
    all.map((counts, number): Series => ({ agentId: "a", type: `t${number}`, counts })),
    firstHour,
    firstHour + lastWeek,
  );

const hours = (from: number, to: number, count: number) =>
  Object.fromEntries(Array.from({ length: to - from }, (_, place) => [from + place, count]));
const atNight = lastWeek + 2 * day + 3;
const daily = (place: number) => (place % day >= 8 && place % day < 18 ? 60 : 2);

describe("what stands out in hourly counts", () => {
  test("is found while others have their turns", async () => {
    const of = (name: string): Series => ({
      agentId: name,
      type: "t",
      counts: series(5, { [atNight]: 99 }),
    });
    const all = Array.from({ length: 10 }, (_, n) => of(`agent ${n}`));
    let turns = 0;
    const others = setInterval(() => {
      turns += 1;
    }, 0);
    const found = await findIncidentsInTurns(all, firstHour, firstHour + lastWeek);
    clearInterval(others);
    expect(turns).toBeGreaterThan(0);
    expect(found).toHaveLength(10);
    expect(found).toEqual(findIncidents(all, firstHour, firstHour + lastWeek));
  });

  test("is nothing where nothing happens: no events, few, many, by day, on working days", () => {
    const workdays = (place: number) => (Math.floor(place / day) % 7 < 5 ? daily(place) : 3);
    expect(find(series(0), series(0.1), series(5), series(900))).toEqual([]);
    expect(find(series(daily), series(workdays))).toEqual([]);
  });

  test("is an hour with more events than the same hour of other days, and says so", () => {
    const [found, ...others] = find(series(daily, { [atNight]: 42 }));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ direction: "more", count: 42, hours: 1, low: 0 });
    expect(found).toMatchObject({ start: firstHour + atNight, end: firstHour + atNight + 1 });
    const { high = 0, score = 0 } = found ?? {};
    expect(high).toBeLessThan(15);
    expect(found?.explanation).toBe(
      `42 events where 0 to ${high} are usual at this hour, score ${Math.round(score)}`,
    );
    // As many are usual by day.
    expect(find(series(daily, { [atNight + 8]: 42 }))).toEqual([]);
  });

  test("is an outage as one thing, however many hours it lasts", () => {
    const found = find(series(80, hours(lastWeek + 30, lastWeek + 36, 0)));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ direction: "fewer", count: 0 });
    expect(found[0]).toMatchObject({
      start: firstHour + lastWeek + 30,
      end: firstHour + lastWeek + 36,
    });
  });

  test("is a series that has so few events that no hour tells, but a day", () => {
    const found = find(series(2, hours(lastWeek + 2 * day, weeks, 0)));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ direction: "fewer", hours: 24, end: firstHour + weeks });
    expect(found[0]?.explanation).toContain("in 24 hours where");
  });

  test("is not what comes every week, and is when it comes on another day", () => {
    const job = (place: number) => (place % (7 * day) === 50 ? 200 : 0.2);
    expect(find(series(job))).toEqual([]);
    const moved = find(series(job, { [lastWeek + 50 + day]: 200 }));
    expect(moved).toMatchObject([{ direction: "more", count: 200 }]);
  });

  test("is not growth, nor a burst like those before, but a burst like none before", () => {
    expect(find(series((place) => 30 * 1.02 ** (place / day)))).toEqual([]);
    const next = random(3);
    const bursts = () => (next() < 0.06 ? 100 : 1);
    expect(find(series(bursts))).toEqual([]);
    expect(find(series(bursts, { [lastWeek + 60]: 600 }))).toMatchObject([{ count: 600 }]);
  });

  test("is a type that a known agent never sent before, and no new agent", () => {
    const late = series(6, hours(0, lastWeek + 40, 0));
    const found = find(series(20), late);
    expect(found).toMatchObject([{ direction: "new", type: "t1", low: 0, high: 0 }]);
    expect(found[0]?.start).toBe(firstHour + lastWeek + 40);
    expect(found[0]?.explanation).toMatch(
      /^\d+ events in 24 hours of a type that this agent had not sent in the 29 days before/,
    );
    expect(find(late)).toEqual([]);
  });

  test("is nothing while too little is known to say so", () => {
    const young = series(40, hours(0, weeks - 2 * day, 0));
    expect(find(young.with(weeks - 5, 4000))).toEqual([]);
    expect(findIncidents([], firstHour, firstHour)).toEqual([]);
    expect(find([])).toEqual([]);
  });
});

describe("any counts whatever", () => {
  const counts = fc.array(fc.oneof(fc.nat(3), fc.nat(100), fc.nat(1_000_000)), {
    minLength: 30 * day,
    maxLength: 32 * day,
  });
  const judge = (all: number[]) =>
    findIncidents(
      [{ agentId: "a", type: "t", counts: all }],
      firstHour,
      firstHour + all.length - 3 * day,
    );

  test("are judged the same every time, by numbers that are numbers and agree with each other", () => {
    fc.assert(
      fc.property(counts, (all) => {
        const found = judge(all);
        expect(judge(all)).toEqual(found);
        for (const { count, low, high, score, direction, start, end, at, hours: long } of found) {
          expect(score).toBeGreaterThanOrEqual(leastScore);
          expect(Number.isFinite(score)).toBe(true);
          expect(low).toBeLessThanOrEqual(high);
          if (direction === "more") expect(count).toBeGreaterThan(high);
          if (direction === "fewer") expect(count).toBeLessThan(low);
          expect(start).toBeLessThanOrEqual(at);
          expect(at + long).toBeLessThanOrEqual(end);
        }
      }),
      { numRuns: 15, seed: 1 },
    );
  });

  test("are judged by what was before alone", () => {
    fc.assert(
      fc.property(counts, fc.nat(1_000_000), (all, next) => {
        const ended = (found: ReturnType<typeof judge>, before: number) =>
          found.filter(({ end }) => end < before);
        const before = firstHour + all.length - 2;
        const scoredFrom = firstHour + all.length - 3 * day;
        const longer = findIncidents(
          [{ agentId: "a", type: "t", counts: [...all, next] }],
          firstHour,
          scoredFrom,
        );
        // What ends at the last hours may go on in the next.
        expect(ended(longer, before)).toEqual(ended(judge(all), before));
      }),
      { numRuns: 10, seed: 2 },
    );
  });

  test("the more events a spike has, the higher is its score", () => {
    const scores = [60, 120, 500, 5000].map(
      (count) => find(series(8, { [lastWeek + 70]: count }))[0]?.score ?? 0,
    );
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    expect(new Set(scores).size).toBe(scores.length);
  });
});

import { findIncidents } from "../apps/api/src/features/insights/incidents.ts";
import { firstHour, labelledSeries } from "../apps/api/test/labelled-series.ts";
import { inTurns } from "./in-turns.ts";
import type { Part } from "./rows.ts";

const hours = 30 * 24;
const week = 7 * 24;
const budgetMilliseconds = 200;
const runs = 5;

/** CPU time of one judgement of the last week of 30 days, in milliseconds. */
function judge(all: ReturnType<typeof labelledSeries>, from: number): number {
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run++) findIncidents(all, from, from + hours - week);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / runs;
}

/** Scores of 100 series of every shape, by CPU time, which a busy machine changes little. */
export const anomalyScores: Part = async () => {
  const all = labelledSeries(3, 10).map((series) => ({
    ...series,
    counts: Array.from(series.counts).slice(-hours),
  }));
  const from = firstHour + 35 * 24 - hours;
  const first = judge(all, from);
  const rates = await inTurns(
    async () => 60_000 / judge(all, from),
    async () => 60_000 / budgetMilliseconds,
  );
  return {
    row: {
      name: "anomaly scores, 100 series of 30 days by the hour, the last week judged",
      unit: "times a minute of CPU",
      ...rates,
      target: 100,
      note: `the budget of ${budgetMilliseconds} ms`,
    },
    note: `Anomaly scores of 100 series take **${Math.round(60_000 / rates.ours)} ms** of CPU, ${Math.round(first)} ms in the first ${runs} runs of a process (target: ${budgetMilliseconds} ms).`,
  };
};

import { expect, test } from "vitest";
import {
  firstHour,
  type Labelled,
  labelledSeries,
  scoredFrom,
} from "../../../test/labelled-series.ts";
import { findIncidents, type Incident } from "./incidents.ts";

const leastPrecision = 0.95;
const leastRecall = 0.95;

type Span = { start: number; end: number };
const overlap = (a: Span, b: Span) => a.start < b.end && b.start < a.end;
const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

/** How many incidents lie in a labelled time, and how many labelled times hold an incident. */
function measure(all: readonly Labelled[], incidents: readonly Incident[]) {
  const of = (one: Labelled) =>
    incidents.filter(({ agentId, type }) => agentId === one.agentId && type === one.type);
  const right = all.flatMap((one) =>
    of(one).filter((incident) => one.labels.some((label) => overlap(label, incident))),
  );
  const labels = all.flatMap((one) => one.labels.map((label) => ({ label, one })));
  const found = labels.filter(({ label, one }) =>
    of(one).some((incident) => overlap(label, incident)),
  );
  return {
    precision: share(right.length, incidents.length),
    recall: share(found.length, labels.length),
    wrong: incidents.filter((incident) => !right.includes(incident)),
    missed: labels
      .filter((one) => !found.includes(one))
      .map(({ label, one }) => ({ ...label, type: one.type })),
    incidents: incidents.length,
    labels: labels.length,
  };
}

/** The thresholds were chosen looking at the first only. */
const seeds = [20_261_121, 1, 2];

test("finds what is labelled in sets made by chance, and little else", () => {
  for (const seed of seeds) {
    const all = labelledSeries(seed, 40);
    const { precision, recall, ...rest } = measure(all, findIncidents(all, firstHour, scoredFrom));
    const kinds = [...new Set(all.flatMap(({ labels }) => labels.map(({ kind }) => kind)))];
    console.log(
      `anomalies in ${all.length} series: precision ${percent(precision)} of ${rest.incidents} incidents, ` +
        `recall ${percent(recall)} of ${rest.labels} labels of ${kinds.length} kinds`,
    );
    expect(kinds).toHaveLength(6);
    expect(precision, JSON.stringify(rest.wrong)).toBeGreaterThanOrEqual(leastPrecision);
    expect(recall, JSON.stringify(rest.missed)).toBeGreaterThanOrEqual(leastRecall);
  }
});

test("measures: without what it finds there is no recall, and what is made up costs precision", () => {
  const all = labelledSeries(1, 4);
  const right = findIncidents(all, firstHour, scoredFrom);
  expect(measure(all, [])).toMatchObject({ recall: 0 });
  const [some] = right;
  const quiet = all.find(({ labels }) => labels.length === 0);
  if (!some || !quiet) throw new Error("the set is too small");
  const { agentId, type } = quiet;
  const wrong = { ...some, agentId, type };
  expect(measure(all, [wrong])).toMatchObject({ precision: 0, recall: 0 });
});

import { printEventQuery } from "@muniment/shared/event-query/print.ts";
import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import type { Anomaly } from "@muniment/shared/insights.ts";
import { type RangeName, rangeMilliseconds, type Span, toSpan } from "./event-range.ts";
import { trpc } from "./trpc.ts";
import type { ChartBuckets } from "./ui/chart-data.ts";
import type { ChartMarker } from "./ui/chart-markers.tsx";
import { utc } from "./ui/date-time.tsx";

export type AnomalyRange = Exclude<RangeName, "all">;

const hour = 3_600_000;
/** They are of whole hours, and their calls are counted together with the questions, of which few are allowed. */
const staleMilliseconds = 900_000;
const mostMarked = 100;
export const cutNote = `only the newest ${mostMarked} anomalies are marked`;
/** Where there is nothing to see, this much before and after is shown as well. */
const besidesSilence = 6 * hour;
/** Markers closer than this, in parts of the width, are one. */
const closest = 0.09;

/** The whole hours of a range that ends now. */
export function hoursOf(range: AnomalyRange, now = Date.now()): Span {
  const end = Math.floor(now / hour) * hour;
  return toSpan(end - rangeMilliseconds[range], end);
}

/** The shortest range that ends now and holds all of a span; null where none is long enough. */
export function rangeAround(span: Span, now = Date.now()): AnomalyRange | null {
  const ranges = ["24h", "7d", "30d"] as const;
  return (
    ranges.find((range) => Date.parse(hoursOf(range, now).from) <= Date.parse(span.from)) ?? null
  );
}

/**
 * Whether the events of an anomaly are among those of a query; null where the query asks for more than
 * agents and types, of which anomalies are.
 */
export function isAsked(
  query: EventQuery,
  anomaly: Pick<Anomaly, "agentId" | "type">,
  agentName: string,
): boolean | null {
  switch (query.kind) {
    case "agent":
      return [anomaly.agentId, agentName].includes(query.agent);
    case "field":
      if (query.field !== "type" || query.op === "exists") return null;
      return query.op === "eq"
        ? anomaly.type === query.value
        : anomaly.type.startsWith(query.value);
    case "not": {
      const answer = isAsked(query.part, anomaly, agentName);
      return answer === null ? null : !answer;
    }
    case "and":
    case "or": {
      const answers = query.parts.map((part) => isAsked(part, anomaly, agentName));
      if (answers.includes(null)) return null;
      return query.kind === "and" ? !answers.includes(false) : answers.includes(true);
    }
    default:
      return null;
  }
}

/** What stands out in a range that ends now. */
export const anomaliesQuery = (range: RangeName) =>
  trpc.insights.anomalies.queryOptions(
    { ...hoursOf(range === "all" ? "30d" : range), limit: mostMarked },
    { staleTime: staleMilliseconds, gcTime: staleMilliseconds, retry: false },
  );

/** The search that shows the events of an anomaly, or what was around their absence. */
export function anomalySearch({ agentId, type, direction, at, hours }: Anomaly) {
  const margin = direction === "fewer" ? besidesSilence : 0;
  const from = Date.parse(at);
  const query = printEventQuery({
    kind: "and",
    parts: [
      { kind: "agent", agent: agentId },
      { kind: "field", field: "type", op: "eq", value: type },
    ],
  });
  return { query, ...toSpan(from - margin, from + hours * hour + margin) };
}

const sentence = ({ at, type, explanation }: Anomaly) => `${utc(at)}, ${type}: ${explanation}`;

type Group = { place: number; items: Anomaly[] };

/** Those within a chart, the ones that would cover each other as one; `open` is given their search. */
export function toMarkers(
  anomalies: readonly Anomaly[],
  { starts, width }: ChartBuckets,
  open: (search: Span & { query?: string }) => void,
): ChartMarker[] {
  const first = starts[0] ?? 0;
  const span = (starts.at(-1) ?? first) + width - first;
  const groups: Group[] = [];
  for (const anomaly of anomalies.toSorted((a, b) => a.at.localeCompare(b.at))) {
    const place = (Date.parse(anomaly.at) + (anomaly.hours * hour) / 2 - first) / span;
    if (place < 0 || place > 1) continue;
    const last = groups.at(-1);
    if (last && place - last.place < closest) last.items.push(anomaly);
    else groups.push({ place, items: [anomaly] });
  }
  return groups.map(({ place, items }) => {
    const searches = items.map(anomalySearch);
    const [only] = searches;
    const from = Math.min(...searches.map((one) => Date.parse(one.from)));
    const to = Math.max(...searches.map((one) => Date.parse(one.to)));
    const search = searches.length === 1 && only ? only : toSpan(from, to);
    return {
      key: String(place),
      at: first + place * span,
      label: items.map(sentence).join("\n"),
      onOpen: () => open(search),
    };
  });
}

import { eventBounds, type Interval, intervalMilliseconds } from "@muniment/shared/events.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** What a bucket of each width is called after "per". */
export const intervalNames = {
  "1m": "minute",
  "5m": "5 minutes",
  "15m": "15 minutes",
  "1h": "hour",
  "6h": "6 hours",
  "1d": "day",
  "7d": "7 days",
  "30d": "30 days",
} as const satisfies Record<Interval, string>;

/** Ranges that end now, shortest first; `all` covers whatever there is. */
export const rangeNames = ["1h", "24h", "7d", "30d", "all"] as const;
export type RangeName = (typeof rangeNames)[number];

export const rangeLabels = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
  all: "All time",
} as const satisfies Record<RangeName, string>;

export const rangeMilliseconds = {
  "1h": hour,
  "24h": day,
  "7d": 7 * day,
  "30d": 30 * day,
} as const satisfies Record<Exclude<RangeName, "all">, number>;

/** From inclusive, to exclusive, RFC 3339 in UTC. */
export type Span = { from: string; to: string };

/** Explicit bounds win over the named range. */
export type TimeChoice = {
  range?: RangeName | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

/** More bars than this are too thin to point at. */
const mostBuckets = 180;

export function spanMilliseconds({ from, to }: Span): number {
  return Date.parse(to) - Date.parse(from);
}

export function toSpan(from: number, to: number): Span {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** The narrowest interval that draws `milliseconds` with few enough bars. */
export function chooseInterval(milliseconds: number): Interval {
  for (const [name, width] of entries(intervalMilliseconds)) {
    if (milliseconds / width <= mostBuckets) return name;
  }
  return "30d";
}

/**
 * The bounds of a choice; null means all there is. A range that ends now ends with the bucket of
 * `now` (milliseconds), so that every bar is whole and the bounds move only once per bar.
 */
export function spanOf({ range = "all", from, to }: TimeChoice, now: number): Span | null {
  if (from !== undefined || to !== undefined) {
    return {
      from: from === undefined ? new Date(eventBounds.earliest).toISOString() : utc(from),
      to: to === undefined ? endOfBucket(now, minute) : utc(to),
    };
  }
  if (range === "all") return null;
  const length = rangeMilliseconds[range];
  const end = Date.parse(endOfBucket(now, intervalMilliseconds[chooseInterval(length)]));
  return toSpan(end - length, end);
}

/** The shortest named range that holds `time`, so that a first look is never empty. */
export function rangeHolding(time: number | null, now: number): RangeName {
  if (time === null) return "24h";
  const found = entries(rangeMilliseconds).find(([, length]) => now - time < length);
  // An hour is too narrow for a first look.
  return found?.[0] === "1h" ? "24h" : (found?.[0] ?? "all");
}

/**
 * The equally long time before a span, back by whole buckets of its chart, so that each bar is compared
 * with one that covers as much.
 */
export function spanBefore(span: Span): Span {
  const length = spanMilliseconds(span);
  const width = intervalMilliseconds[chooseInterval(length)];
  const from = Date.parse(span.from) - Math.ceil(length / width) * width;
  return toSpan(from, from + length);
}

/** Whether events of all of the span are kept, by how many days they are, null being for ever. */
export function isKept({ from }: Span, days: readonly (number | null)[], now: number): boolean {
  return days.every((kept) => kept === null || Date.parse(from) >= now - kept * day);
}

/** The next wider view of a choice: twice the bounds around their middle, or the next named range. */
export function widen(choice: TimeChoice, now: number): TimeChoice {
  const span = spanOf(choice, now);
  if (span === null) return { range: "all" };
  if (choice.from === undefined && choice.to === undefined) {
    const place = rangeNames.indexOf(choice.range ?? "all");
    return { range: rangeNames[place + 1] ?? "all" };
  }
  const half = spanMilliseconds(span) / 2;
  const from = Date.parse(span.from) - half;
  const to = Math.min(Date.parse(span.to) + half, now + day);
  return from <= eventBounds.earliest
    ? { range: "all" }
    : toSpan(from, Math.max(to, from + minute));
}

/** Bounds moved outwards to whole buckets. */
export function wholeBuckets(from: number, to: number, interval: Interval): Span {
  const width = intervalMilliseconds[interval];
  const start = Math.floor(from / width) * width;
  return toSpan(start, Math.max(Math.ceil(to / width) * width, start + width));
}

function endOfBucket(now: number, width: number): string {
  return new Date((Math.floor(now / width) + 1) * width).toISOString();
}

function utc(time: string): string {
  return new Date(time).toISOString();
}

function entries<K extends string>(record: Record<K, number>): [K, number][] {
  return Object.entries(record) as [K, number][];
}

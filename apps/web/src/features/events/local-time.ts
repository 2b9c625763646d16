import { rangeLabels, type TimeChoice } from "../../event-range.ts";
import { formatClock, formatDay } from "../../ui/chart-time.ts";

/** The time range in words: "Last 24 hours", "Dec 10, 06:55 – 11:05". */
export function timeLabel({ range, from, to }: TimeChoice, now: number): string {
  if (from === undefined && to === undefined) return rangeLabels[range ?? "all"];
  const start = from === undefined ? "the start" : moment(from, now);
  if (to === undefined) return `Since ${start}`;
  const sameDay = from !== undefined && day(from, now) === day(to, now);
  return `${start} – ${sameDay ? formatClock(Date.parse(to)) : moment(to, now)}`;
}

function day(time: string, now: number): string {
  return formatDay(Date.parse(time), now);
}

function moment(time: string, now: number): string {
  return `${day(time, now)}, ${formatClock(Date.parse(time))}`;
}

import { events } from "@muniment/db/schema/events.ts";
import { eventBounds } from "@muniment/shared/events.ts";
import { gte, lt, type SQL } from "drizzle-orm";
import { AppError } from "../../errors.ts";

/** Milliseconds since 1970; `from` inclusive, `to` exclusive. */
export type TimeRange = { from: number; to: number };

/** Beyond every event, and within what PostgreSQL and RFC 3339 can write. */
const latest = Date.UTC(2500, 0, 1);

const clamp = (time: number) => Math.min(Math.max(time, eventBounds.earliest), latest);

/** The part of a range in which events can lie. @throws AppError `invalid_range` when it ends before it begins */
export function toTimeRange(input: {
  from?: string | undefined;
  to?: string | undefined;
}): TimeRange {
  const from = input.from === undefined ? eventBounds.earliest : Date.parse(input.from);
  const to = input.to === undefined ? latest : Date.parse(input.to);
  if (from > to && input.from !== undefined && input.to !== undefined) {
    throw new AppError("invalid_range", "The range ends before it begins.");
  }
  return { from: clamp(from), to: clamp(to) };
}

/** Plain bounds on the partition key, so that partitions outside are not touched. */
export const rangeConditions = ({ from, to }: TimeRange): SQL[] => [
  gte(events.occurredAt, new Date(from)),
  lt(events.occurredAt, new Date(to)),
];

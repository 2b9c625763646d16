import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import type { SQL } from "drizzle-orm";

/** Hourly counts of series that all begin at `firstHour`, in hours since 1970. */
export type HourlyCounts = {
  firstHour: number;
  length: number;
  series: { agentId: string; type: string; counts: Float64Array }[];
};

/** The query language as the other features use it. */
export type EventQueries = {
  /** Reads a query without times, in which agents are ids then. @throws AppError `invalid_query` */
  resolve(userId: string, text: string): Promise<EventQuery>;
  /** A query with the range of time it asks of, in milliseconds. @throws AppError `invalid_query`, `invalid_range` */
  ask(
    asker: { userId: string; retentionDays: number | null },
    asked: { query?: string | undefined; from?: string | undefined; to?: string | undefined },
  ): Promise<{ query: EventQuery; range: { from: number; to: number } }>;
  /** Counts of the whole hours of a range, apart by agent and type, of the `most` largest series. */
  hourlyCounts(
    userId: string,
    asked: { query: EventQuery; range: { from: number; to: number } },
    most: number,
  ): Promise<HourlyCounts>;
  /** A condition on the columns of `events`; undefined where everything passes. */
  condition(query: EventQuery): SQL | undefined;
};

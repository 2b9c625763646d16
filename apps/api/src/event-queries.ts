import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import type { SQL } from "drizzle-orm";

/** The query language as the other features use it. */
export type EventQueries = {
  /** Reads a query without times, in which agents are ids then. @throws AppError `invalid_query` */
  resolve(userId: string, text: string): Promise<EventQuery>;
  /** A condition on the columns of `events`; undefined where everything passes. */
  condition(query: EventQuery): SQL | undefined;
};

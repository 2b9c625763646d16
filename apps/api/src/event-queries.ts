import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import type { Event, Facets } from "@muniment/shared/events.ts";
import type { SQL } from "drizzle-orm";

/** A query without times, and the range in milliseconds. */
export type AskedEvents = { query: EventQuery; range: { from: number; to: number } };

/** Names of a user's agents, and which of them each means. */
export type AgentIds = Readonly<Record<string, readonly string[]>>;

/** What makes a question the same again when it is asked later: the now of its `since:1h`, and whom it names. */
export type AskedAs = { at?: Date; agents?: AgentIds };

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
  /** Whom a query names. @throws AppError `invalid_query` */
  agentsNamed(userId: string, text: string): Promise<AgentIds>;
  /** A query with the range of time it asks of, in milliseconds. @throws AppError `invalid_query`, `invalid_range` */
  ask(
    asker: { userId: string; retentionDays: number | null },
    asked: { query?: string | undefined; from?: string | undefined; to?: string | undefined },
    as?: AskedAs,
  ): Promise<AskedEvents>;
  /** Counts of the whole hours of a range, apart by agent and type, of the `most` largest series. */
  hourlyCounts(userId: string, asked: AskedEvents, most: number): Promise<HourlyCounts>;
  /** The newest events that pass, `fetch` at most. @throws AppError `timed_out` */
  newest(userId: string, asked: AskedEvents, fetch: number): Promise<Event[]>;
  /** The most frequent values of fields among the events that pass. */
  facets(
    userId: string,
    asked: AskedEvents,
    fields: readonly ("type" | "level" | "agentId" | "subject")[],
    limit: number,
  ): Promise<Facets["facets"]>;
  /** A condition on the columns of `events`; undefined where everything passes. */
  condition(query: EventQuery): SQL | undefined;
};

import type { Database } from "@muniment/db/database.ts";
import { events } from "@muniment/db/schema/events.ts";
import { and, desc, eq, type SQL } from "drizzle-orm";
import { conditionOf } from "./conditions.ts";
import type { Question } from "./question.ts";
import { eventColumns } from "./read-events.ts";
import { rangeConditions } from "./time-range.ts";

/** Reads a page of a user's events, newest first; `after` begins behind a cursor. */
export const pageStatement = (
  searches: ReturnType<Database["searches"]>,
  userId: string,
  { query, range }: Question,
  after: SQL | undefined,
  limit: number,
) =>
  searches
    .select(eventColumns)
    .from(events)
    .where(and(eq(events.userId, userId), ...rangeConditions(range), after, conditionOf(query)))
    .orderBy(desc(events.occurredAt), desc(events.id))
    .limit(limit);

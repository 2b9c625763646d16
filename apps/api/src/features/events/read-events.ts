import { events } from "@muniment/db/schema/events.ts";
import { type Event, eventLevels } from "@muniment/shared/events.ts";
import { type SQL, sql } from "drizzle-orm";

/** What of a stored event is shown. */
export const eventColumns = {
  id: events.id,
  agentId: events.agentId,
  type: events.type,
  occurredAt: events.occurredAt,
  receivedAt: events.receivedAt,
  level: events.level,
  message: events.message,
  subject: events.subject,
  traceId: events.traceId,
  seq: events.seq,
  props: events.props,
};

export type EventRow = Pick<typeof events.$inferSelect, keyof typeof eventColumns>;

/** The same for statements that read events from what only goes by their name, where Drizzle takes no columns. */
export const eventValues = Object.fromEntries(
  Object.entries(eventColumns).map(([name, column]) => [name, sql`${column}`.mapWith(column)]),
) as { [Name in keyof EventRow]: SQL<EventRow[Name]> };

export const levelName = (level: number) => eventLevels[level] ?? "info";

export const toEvent = (row: EventRow): Event => ({
  ...row,
  level: levelName(row.level),
  occurredAt: row.occurredAt.toISOString(),
  receivedAt: row.receivedAt.toISOString(),
  props: row.props ?? {},
});

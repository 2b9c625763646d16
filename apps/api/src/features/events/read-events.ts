import { events } from "@muniment/db/schema/events.ts";
import { type Event, eventLevels } from "@muniment/shared/events.ts";

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

export const levelName = (level: number) => eventLevels[level] ?? "info";

export const toEvent = (row: EventRow): Event => ({
  ...row,
  level: levelName(row.level),
  occurredAt: row.occurredAt.toISOString(),
  receivedAt: row.receivedAt.toISOString(),
  props: row.props ?? {},
});

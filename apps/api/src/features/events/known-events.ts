import type { Database } from "@muniment/db/database.ts";
import { eventIds, events } from "@muniment/db/schema/events.ts";
import { eventBounds } from "@muniment/shared/events.ts";
import { and, eq, inArray, sql } from "drizzle-orm";
import { canonicalise } from "./canonical.ts";
import type { ParsedEvent } from "./parse-event.ts";

type Stored = typeof events.$inferSelect;

const propsText = ({ props }: Stored) =>
  props === null ? undefined : canonicalise(props, eventBounds.propsDepth).text;

const isSame = (stored: Stored, event: ParsedEvent) =>
  stored.occurredAt.getTime() === event.at &&
  stored.type === event.type &&
  stored.level === event.level &&
  stored.message === (event.message ?? null) &&
  stored.subject === (event.subject ?? null) &&
  stored.traceId === (event.traceId ?? null) &&
  stored.seq === (event.seq ?? null) &&
  propsText(stored) === event.props;

/**
 * Events of an export, which says in full what may have been sent without a level or with another form of
 * the time: one that is stored with just these fields gets the digest of what was sent, and so is the same.
 */
export async function asSent(
  database: Database,
  userId: string,
  exported: readonly ParsedEvent[],
): Promise<ParsedEvent[]> {
  const reads = database.reads({ userId });
  const ids = exported.map(({ id }) => id);
  const known = await reads
    .select({ id: eventIds.id, digest: sql<string>`encode(${eventIds.digest}, 'hex')` })
    .from(eventIds)
    .where(and(eq(eventIds.userId, userId), inArray(eventIds.id, ids)));
  const digests = new Map(known.map(({ id, digest }) => [id, digest]));
  const others = exported.filter(({ id, digest }) => (digests.get(id) ?? digest) !== digest);
  if (others.length === 0) return [...exported];
  const keys = others.map(
    ({ id, at }) => sql`(${new Date(at).toISOString()}::timestamptz, ${id}::uuid)`,
  );
  const rows = await reads
    .select()
    .from(events)
    .where(
      and(
        eq(events.userId, userId),
        sql`(${events.occurredAt}, ${events.id}) in (${sql.join(keys, sql`, `)})`,
      ),
    );
  const stored = new Map(rows.map((row) => [row.id, row]));
  return exported.map((event) => {
    const row = stored.get(event.id);
    const digest = digests.get(event.id);
    return row && digest && isSame(row, event) ? { ...event, digest } : event;
  });
}

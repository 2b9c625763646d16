import { setTimeout as sleep } from "node:timers/promises";
import type { Database, Tx } from "@muniment/db/database.ts";
import { eventChunks, eventIndex } from "@muniment/db/schema/event-index.ts";
import {
  agentCounterChanges,
  agentCounters,
  agentSequences,
  eventCountChanges,
  eventCounts,
  eventIds,
  events,
  receipts,
} from "@muniment/db/schema/events.ts";
import { and, asc, eq, inArray, sql } from "drizzle-orm";

/** A key that was looked up before the user was deleted is believed this much longer, then stored. */
const settleMilliseconds = 2000;
const rowsAtOnce = 5000;
/** Then others that wait have their turn. */
const workMilliseconds = 45_000;

const countOf = (rows: { count: number }) => rows.count;

type Step = (tx: Tx, userId: string, chunk: number) => Promise<boolean>;

/**
 * Each deletes up to a chunk of rows and answers whether there may be more, in the order of a key: otherwise
 * each would read a table from its start, past all that is gone. Events go before their ids, which keep them unique.
 */
const steps: Step[] = [
  async (tx, userId, chunk) => {
    const some = tx
      .select({ at: events.occurredAt, id: events.id })
      .from(events)
      .where(eq(events.userId, userId))
      .orderBy(asc(events.occurredAt), asc(events.id))
      .limit(chunk);
    const deleted = await tx
      .delete(events)
      .where(
        and(eq(events.userId, userId), sql`(${events.occurredAt}, ${events.id}) in (${some})`),
      );
    return countOf(deleted) === chunk;
  },
  async (tx, userId, chunk) => {
    const some = tx
      .select({ id: eventIds.id })
      .from(eventIds)
      .where(eq(eventIds.userId, userId))
      .orderBy(asc(eventIds.id))
      .limit(chunk);
    const deleted = await tx
      .delete(eventIds)
      .where(and(eq(eventIds.userId, userId), inArray(eventIds.id, some)));
    return countOf(deleted) === chunk;
  },
  async (tx, userId, chunk) => {
    const some = tx
      .select({ id: receipts.batchId })
      .from(receipts)
      .where(eq(receipts.userId, userId))
      .orderBy(asc(receipts.batchId))
      .limit(chunk);
    const deleted = await tx
      .delete(receipts)
      .where(and(eq(receipts.userId, userId), inArray(receipts.batchId, some)));
    return countOf(deleted) === chunk;
  },
  async (tx, userId, chunk) => {
    // A fold under way would add counts behind this one's back.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('event_counts'))`);
    await tx.delete(eventCountChanges).where(eq(eventCountChanges.userId, userId));
    const deleted = await tx.execute(sql`
      delete from ${eventCounts} where ctid = any (array(
        select ctid from ${eventCounts} where ${eventCounts.userId} = ${userId}
        order by minutes, apart, start limit ${chunk}
      ))`);
    return countOf(deleted) === chunk;
  },
  async (tx, userId, chunk) => {
    const some = tx
      .select({ newest: eventChunks.newest, id: eventChunks.id })
      .from(eventChunks)
      .where(eq(eventChunks.userId, userId))
      .orderBy(asc(eventChunks.newest), asc(eventChunks.id))
      .limit(chunk);
    const deleted = await tx
      .delete(eventChunks)
      .where(
        and(
          eq(eventChunks.userId, userId),
          sql`(${eventChunks.newest}, ${eventChunks.id}) in (${some})`,
        ),
      );
    return countOf(deleted) === chunk;
  },
  async (tx, userId) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('agent_counters'))`);
    await tx.delete(agentCounterChanges).where(eq(agentCounterChanges.userId, userId));
    await tx.delete(agentCounters).where(eq(agentCounters.userId, userId));
    await tx.delete(agentSequences).where(eq(agentSequences.userId, userId));
    // Marked as counters are added up.
    await tx.delete(eventIndex).where(eq(eventIndex.userId, userId));
    return false;
  },
];

/**
 * Removes a deleted user's events and every trace of them, in transactions of bounded size. May be
 * repeated. Answers false when the time was up before it was done.
 */
export async function deleteUserEvents(
  database: Database,
  userId: string,
  chunk = rowsAtOnce,
): Promise<boolean> {
  await sleep(settleMilliseconds);
  const end = performance.now() + workMilliseconds;
  for (const step of steps) {
    let more = true;
    while (more) {
      if (performance.now() > end) return false;
      more = await database.transaction({ userId }, (tx) => step(tx, userId, chunk));
    }
  }
  return true;
}

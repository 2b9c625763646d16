import { setTimeout as sleep } from "node:timers/promises";
import type { Database, Tx } from "@muniment/db/database.ts";
import { eventChunks, eventIndex } from "@muniment/db/schema/event-index.ts";
import { events, receipts } from "@muniment/db/schema/events.ts";
import { eq, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { commitBounds } from "../../commit-order.ts";
import { type Summed, sumUp } from "./sum-up.ts";

/** Events of one chunk; fewer wait, and are searched one by one. */
const chunkEvents = 256;
/** Events of one transaction: at their longest, some ten megabytes. */
const stepEvents = 1024;
const stepReceipts = 512;
const usersAtOnce = 100;
/** Rests this many times as long as it worked, so that it leaves the machine to ingest. */
const restFactor = 2;

type Place = { commitXid: string; position: string };
type Step = { summed: number; waiting: number };
const nothing: Step = { summed: 0, waiting: 0 };

/** The next receipts below the oldest running transaction, in front of which nothing can still commit. */
async function nextReceipts(tx: Tx, userId: string, after: Place) {
  const rows = await tx.execute<Place & { size: number }>(sql`
    select commit_xid::text as "commitXid", position::text as position,
      cardinality(event_ids) as size
    from ${receipts} where ${receipts.userId} = ${userId}
      and (commit_xid, position) > (${after.commitXid}::xid8, ${after.position}::bigint)
      and commit_xid < pg_snapshot_xmin(pg_current_snapshot())
    order by ${receipts.commitXid}, ${receipts.position} limit ${stepReceipts}`);
  let size = 0;
  let count = 0;
  let last: Place | undefined;
  for (const row of rows) {
    if (last && size + row.size > stepEvents) break;
    size += row.size;
    count += 1;
    last = row;
  }
  return { size, count, last };
}

type EventRow = Omit<Summed, "occurredAt"> & { occurredAt: string };

/**
 * The events of so many receipts, oldest first; those deleted since are left out. Looked up one by one:
 * a plan made for a new table would read everything its user has.
 */
async function readEvents(tx: Tx, userId: string, after: Place, count: number): Promise<Summed[]> {
  const rows = await tx.execute<EventRow>(sql`
    select e.agent_id as "agentId", e.level, e.message, e.props, e.occurred_at as "occurredAt"
    from (
      select event_ids, event_times from ${receipts} where ${receipts.userId} = ${userId}
        and (commit_xid, position) > (${after.commitXid}::xid8, ${after.position}::bigint)
      order by commit_xid, position limit ${count}
    ) as next cross join lateral unnest(event_ids, event_times) as i (id, occurred_at)
    cross join lateral (
      select * from ${events} where ${events.userId} = ${userId}
        and ${events.occurredAt} = i.occurred_at and ${events.id} = i.id
      limit 1
    ) e
    order by e.occurred_at`);
  return rows.map((row) => ({ ...row, occurredAt: new Date(row.occurredAt) }));
}

/** As many equal parts as keep each within `size`. */
function partsOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, n) =>
    items.slice(
      Math.round((n * items.length) / count),
      Math.round(((n + 1) * items.length) / count),
    ),
  );
}

/** Where the index ends, locked; it begins anew in another cluster, whose transaction ids mean other commits. */
async function openIndex(tx: Tx, userId: string): Promise<Place | null> {
  const [lock] = await tx.execute<{ taken: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtext('event_index'), hashtext(${userId}::text)) as taken`,
  );
  if (lock?.taken !== true) return null;
  const [state] = await tx.execute<Place & { current: boolean | null }>(sql`
    select commit_xid::text as "commitXid", position::text as position,
      cluster = ${commitBounds.cluster} as current
    from ${eventIndex} where ${eventIndex.userId} = ${userId}`);
  if (state?.current === true) return state;
  await tx.delete(eventChunks).where(eq(eventChunks.userId, userId));
  await tx.execute(sql`
    insert into ${eventIndex} (user_id, cluster, commit_xid, position, accepted)
    values (${userId}, ${commitBounds.cluster}, '0', 0, 0)
    on conflict (user_id) do update set cluster = excluded.cluster,
      commit_xid = excluded.commit_xid, position = excluded.position, accepted = 0`);
  return { commitXid: "0", position: "0" };
}

/** Sums up a user's next events, if there are enough for a chunk. */
async function indexStep(database: Database, userId: string, fewest: number): Promise<Step> {
  return database.transaction({ userId }, async (tx) => {
    const after = await openIndex(tx, userId);
    if (!after) return nothing;
    const { size, count, last } = await nextReceipts(tx, userId, after);
    if (!last || size < fewest) return { summed: 0, waiting: size };
    const found = await readEvents(tx, userId, after, count);
    for (const part of partsOf(found, chunkEvents)) {
      await tx.insert(eventChunks).values({ userId, id: uuidv7(), ...sumUp(part) });
    }
    await tx.execute(sql`
      update ${eventIndex} set commit_xid = ${last.commitXid}::xid8,
        position = ${last.position}::bigint, accepted = accepted + ${size}
      where ${eventIndex.userId} = ${userId}`);
    return { summed: size, waiting: 0 };
  });
}

/**
 * Sums up what a user sent since the last time, but for less than a chunk. With `fewest` 1 nothing is
 * left, for tests and measurements.
 */
export async function indexUser(
  database: Database,
  userId: string,
  accepted: number | null,
  fewest = chunkEvents,
  isStopping = () => false,
): Promise<void> {
  while (!isStopping()) {
    const started = performance.now();
    const { summed, waiting } = await indexStep(database, userId, fewest);
    if (summed === 0) {
      // Of the accepted, what does not wait has been seen, whatever became of it.
      if (accepted === null) return;
      await database.transaction({ userId }, (tx) =>
        tx
          .update(eventIndex)
          .set({ accepted: accepted - waiting })
          .where(eq(eventIndex.userId, userId)),
      );
      return;
    }
    if (accepted !== null)
      await sleep((performance.now() - started) * restFactor, undefined, { ref: false });
  }
}

/** Sums up new events of everybody who has enough of them. Only the speed of searches depends on it. */
export async function indexEvents(database: Database, isStopping: () => boolean): Promise<void> {
  const users = await database.raw`
    select user_id as "userId", accepted::float8 as accepted
    from users_to_index(${chunkEvents}::int, ${usersAtOnce}::int)`;
  for (const { userId, accepted } of users) {
    if (isStopping()) return;
    await indexUser(database, String(userId), Number(accepted), chunkEvents, isStopping);
  }
}

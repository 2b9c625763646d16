import type { Database } from "@muniment/db/database.ts";
import { eventChunks, eventIndex } from "@muniment/db/schema/event-index.ts";
import { eventIds, events, receipts } from "@muniment/db/schema/events.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, lt, sql } from "drizzle-orm";

const day = 86_400_000;
/** Rows per transaction: some tens of milliseconds, so that nothing waits for it for long. */
const chunk = 2000;
const blocks = 128;
/** Then others that wait have their turn; what is left waits for the next time. */
const workMilliseconds = 45_000;
const usersPerPage = 1000;

type Work = { database: Database; now: number; end: number };

const isOver = ({ end }: Work) => performance.now() > end;

/** Empties partitions of which nothing is kept any more, a few blocks at a time, and drops them. */
async function dropPartitions(work: Work, before: number): Promise<void> {
  const { raw } = work.database;
  const cutoff = new Date(before).toISOString();
  for (;;) {
    const [row] = await raw`select expired_event_partition(${cutoff}::text::timestamptz) as part`;
    const part: string | null = row?.part ?? null;
    if (part === null) return;
    let more = true;
    for (let block = 0; more; block += blocks) {
      if (isOver(work)) return;
      const [step] =
        await raw`select delete_event_blocks(${part}, ${block}::bigint, ${blocks}::int) as more`;
      more = step?.more === true;
    }
    const [dropped] = await raw`select drop_event_partition(${part}) as done`;
    // Somebody reads the events, or has just stored some here: another time.
    if (dropped?.done !== true) return;
  }
}

/** The smallest UUIDv7 of a time: batches received before have lesser ids. */
const firstIdOf = (time: number) =>
  `${Math.max(0, time)
    .toString(16)
    .padStart(12, "0")
    .replace(/^(.{8})/, "$1-")}-7000-8000-000000000000`;

/** Deletes what a user no longer keeps, oldest first. Answers false when the time was up. */
async function expireUser(work: Work, userId: string, before: number): Promise<boolean> {
  const cutoff = new Date(before).toISOString();
  let after = "2000-01-01T00:00:00.000Z";
  for (let count = chunk; count === chunk; ) {
    if (isOver(work)) return false;
    const [row] = await work.database.transaction({ userId }, (tx) =>
      tx.execute<{ count: number; last: string | null }>(sql`
        with gone as (
          delete from ${events}
          where ${events.userId} = ${userId} and (${events.occurredAt}, ${events.id}) in (
            select occurred_at, id from ${events}
            where user_id = ${userId} and occurred_at >= ${after}::timestamptz
              and occurred_at < ${cutoff}::timestamptz
            order by occurred_at, id limit ${chunk}
          )
          returning id, agent_id, type, level, occurred_at
        ), ids as (
          delete from ${eventIds} where ${eventIds.userId} = ${userId}
            and ${eventIds.id} in (select id from gone)
        ), counted as (
          insert into event_count_changes (user_id, start, agent_id, type, level, count)
          select ${userId}, date_bin('5 minutes', occurred_at, '1970-01-01Z'), agent_id, type, level,
            -count(*)
          from gone group by 2, 3, 4, 5
        )
        select count(*)::int as count, max(occurred_at) as last from gone`),
    );
    count = row?.count ?? 0;
    after = row?.last ? new Date(row.last).toISOString() : after;
  }
  return expireReceipts(work, userId, before);
}

/** An event lies at most a day after its receipt, so older receipts name nothing that is kept. */
async function expireReceipts(work: Work, userId: string, before: number): Promise<boolean> {
  await work.database.transaction({ userId }, (tx) =>
    tx
      .delete(eventChunks)
      .where(and(eq(eventChunks.userId, userId), lt(eventChunks.newest, new Date(before)))),
  );
  const oldest = firstIdOf(before - day);
  for (let count = chunk; count === chunk; ) {
    if (isOver(work)) return false;
    const deleted = await work.database.transaction({ userId }, (tx) =>
      tx.execute(sql`
        delete from ${receipts} where ${receipts.userId} = ${userId} and ${receipts.batchId} in (
          select batch_id from ${receipts} where user_id = ${userId} and batch_id < ${oldest}
          order by batch_id limit ${chunk}
        )`),
    );
    count = deleted.count;
  }
  return true;
}

/** What only the instance no longer keeps stays until its partition goes; no chunk tells of it from now on. */
async function expireIndex(work: Work, userId: string, before: number): Promise<boolean> {
  await work.database.transaction({ userId }, (tx) =>
    tx.execute(sql`
      insert into ${eventIndex} (user_id, cluster, commit_xid, position, accepted, untold_until)
      select id, '', '0', 0, 0, ${new Date(before).toISOString()}::timestamptz
      from ${users} where ${users.id} = ${userId}
      on conflict (user_id) do update
        set untold_until = greatest(${eventIndex.untoldUntil}, excluded.untold_until)`),
  );
  return expireReceipts(work, userId, before);
}

async function expireUsers(work: Work, instanceDays: number | null, from: string) {
  const at = new Date(work.now).toISOString();
  let after = from;
  for (;;) {
    if (isOver(work)) return after;
    const rows = await work.database.raw`
      select id, retention_days as days, is_due from users_to_expire(
        ${after}::uuid, ${instanceDays}::int, ${at}::text::timestamptz, ${usersPerPage}::int)`;
    for (const { id, days, is_due } of rows) {
      const kept = Math.min(
        days ?? Number.POSITIVE_INFINITY,
        instanceDays ?? Number.POSITIVE_INFINITY,
      );
      const before = work.now - kept * day;
      // Whole partitions go at once; of events only those that their own user keeps for less are deleted here.
      const own = days !== null && days < (instanceDays ?? Number.POSITIVE_INFINITY);
      const expire = own ? expireUser : expireIndex;
      if (is_due && !(await expire(work, id, before))) return after;
      after = id;
    }
    if (rows.length < usersPerPage) return firstUser;
  }
}

const firstUser = "00000000-0000-0000-0000-000000000000";

/**
 * Makes the work of a recurring job: deletes what is past the retention of the instance (days; 0 keeps
 * for ever) or of its user. What it could not do in its time it goes on with when it is called again.
 */
export function createExpiry(database: Database, instanceDays: number, now: () => Date) {
  let place = firstUser;
  return async function expireEvents(): Promise<void> {
    const work = {
      database,
      now: now().getTime(),
      end: performance.now() + workMilliseconds,
    };
    if (instanceDays > 0) await dropPartitions(work, work.now - instanceDays * day);
    place = await expireUsers(work, instanceDays || null, place);
  };
}

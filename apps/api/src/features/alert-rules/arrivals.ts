import type { Tx } from "@muniment/db/database.ts";
import { alertRuleCounts, type alertRules } from "@muniment/db/schema/alert-rules.ts";
import { events, receipts } from "@muniment/db/schema/events.ts";
import { type SQL, sql } from "drizzle-orm";
import { committedHere } from "../../commit-order.ts";

export type Rule = typeof alertRules.$inferSelect;

/** Batches that one statement looks at, each of at most 100 events. */
const batchesPerLook = 500;
/** The same of a look back, which has more time, and keeps another at the same rule waiting. */
const batchesBack = 50;
/** Counts are kept by this part of the window, so that it slides by as much. */
const partsOfWindow = 60;

const windowMilliseconds = (minutes: number) => minutes * 60_000;

/** The least UUIDv7 of a time (RFC 9562): ids of batches are made when they arrive. */
function leastIdAt(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

export const windowStart = (now: Date, minutes: number) =>
  new Date(now.getTime() - windowMilliseconds(minutes));

/**
 * Whose events pass, as rows `at` of when each arrived; `batches` yields `event_ids` and `event_times`.
 * Looked up one by one, because an index holds them and everything else would be read.
 */
export const passing = (userId: string, batches: SQL, condition: SQL | undefined): SQL => sql`
  select e.received_at as at
  from ${batches}
  cross join lateral unnest(b.event_ids, b.event_times) as i (id, occurred_at)
  cross join lateral (
    select ${events.receivedAt} from ${events}
    where ${events.userId} = ${userId} and ${events.occurredAt} = i.occurred_at
      and ${events.id} = i.id and ${condition ?? sql`true`}
    limit 1
  ) e`;

/** Where a rule begins to look: on at what is committed from now on, and back at what was before. */
export async function placeNow(tx: Tx) {
  const [row] = await tx.execute<{ xid: string }>(
    sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`,
  );
  if (!row) throw new Error("the place of a rule gave no answer");
  const { xid } = row;
  return { seenXid: xid, seenPosition: 0n, earlierXid: xid, earlierPosition: 0n };
}

/** What adds to a rule's counts whatever passes of batches `b`. */
function counting(rule: Rule, condition: SQL | undefined, since: Date): SQL {
  const seconds = windowMilliseconds(rule.windowMinutes) / partsOfWindow / 1000;
  return sql`
    insert into ${alertRuleCounts} as known (rule_id, user_id, start, count)
    select ${rule.id}::uuid, ${rule.userId}::uuid,
      date_bin(${`${seconds} seconds`}::interval, at, 'epoch'), count(*)
    from (${passing(rule.userId, sql`b`, condition)}) arrived
    where at >= ${since.toISOString()}::timestamptz group by 3
    on conflict (rule_id, start) do update set count = known.count + excluded.count`;
}

type Look = { batches: string; xid: string; position: string };
const place = (xid: string | null, position: bigint | null): SQL =>
  sql`(${xid}::xid8, ${position === null ? null : String(position)}::bigint)`;

/**
 * Adds what has arrived since the rule looked last to its counts, each event once, in commit order and
 * only below the oldest running transaction, so that none can still commit in front of what was seen.
 * What was restored with another cluster's numbers did not arrive now. Answers where it has looked up to
 * now, and whether there may be more.
 */
export async function addArrivals(tx: Tx, rule: Rule, condition: SQL | undefined, now: Date) {
  const [look] = await tx.execute<Look>(sql`
    with b as materialized (
      select event_ids, event_times, commit_xid, position from ${receipts}
      where ${receipts.userId} = ${rule.userId}
        and (commit_xid, position) > ${place(rule.seenXid, rule.seenPosition)}
        and commit_xid < pg_snapshot_xmin(pg_current_snapshot()) and ${committedHere}
      order by commit_xid, position limit ${batchesPerLook}
    ), added as (${counting(rule, condition, windowStart(now, rule.windowMinutes))})
    select (select count(*) from b)::text as batches,
      coalesce(last.commit_xid, pg_snapshot_xmin(pg_current_snapshot()))::text as xid,
      coalesce(last.position, 0)::text as position
    from (select) one left join lateral (
      select commit_xid, position from b
      order by commit_xid, position offset ${batchesPerLook - 1} limit 1
    ) last on true`);
  if (!look) throw new Error("the look of a rule gave no answer");
  return {
    more: Number(look.batches) === batchesPerLook,
    seenXid: look.xid,
    seenPosition: BigInt(look.position),
  };
}

/**
 * Adds what had arrived before the rule was made, a part of it, the newest first: what leaves the window
 * last is counted first. Answers how far back it has looked; null when that is all of the window.
 */
export async function addEarlier(tx: Tx, rule: Rule, condition: SQL | undefined, now: Date) {
  const over = { earlierXid: null, earlierPosition: null };
  if (rule.earlierXid === null) return over;
  const since = windowStart(now, rule.windowMinutes);
  const [last] = await tx.execute<{ xid: string; position: string }>(sql`
    with page as materialized (
      select event_ids, event_times, commit_xid, position, ${committedHere} as is_here,
        batch_id >= ${leastIdAt(since)}::uuid as is_within
      from ${receipts}
      where ${receipts.userId} = ${rule.userId}
        and (commit_xid, position) < ${place(rule.earlierXid, rule.earlierPosition)}
      order by commit_xid desc, position desc limit ${batchesBack}
    ), b as (select * from page where is_here and is_within
    ), added as (${counting(rule, condition, since)})
    select commit_xid::text as xid, position::text as position from page
    where (select bool_or(is_within) and count(*) = ${batchesBack} from page)
    order by commit_xid, position limit 1`);
  return last ? { earlierXid: last.xid, earlierPosition: BigInt(last.position) } : over;
}

/**
 * Where a rule goes on that was restored into another cluster: with what has been committed here. What
 * had arrived there within its window, and it had not looked at, is added to its counts.
 */
export async function moveHere(tx: Tx, rule: Rule, condition: SQL | undefined, now: Date) {
  const since = windowStart(now, rule.windowMinutes);
  await tx.execute(sql`
    with b as materialized (
      select event_ids, event_times from ${receipts}
      where ${receipts.userId} = ${rule.userId} and ${receipts.batchId} >= ${leastIdAt(since)}::uuid
        and ((commit_xid, position) > ${place(rule.seenXid, rule.seenPosition)}
          or (commit_xid, position) < ${place(rule.earlierXid, rule.earlierPosition)})
        and not (${committedHere})
    ) ${counting(rule, condition, since)}`);
  return placeNow(tx);
}

/** How many are in the window now; parts of it that have passed are removed. */
export async function countInWindow(tx: Tx, rule: Rule, now: Date): Promise<number> {
  const since = windowStart(now, rule.windowMinutes).toISOString();
  await tx.execute(sql`
    delete from ${alertRuleCounts}
    where ${alertRuleCounts.ruleId} = ${rule.id} and ${alertRuleCounts.start} < ${since}::timestamptz`);
  const [row] = await tx.execute<{ count: string }>(sql`
    select coalesce(sum(${alertRuleCounts.count}), 0)::text as count from ${alertRuleCounts}
    where ${alertRuleCounts.ruleId} = ${rule.id}`);
  return Number(row?.count ?? 0);
}

/** The receipts of what arrived since a time, the newest first, as `b`. */
export const batchesSince = (userId: string, since: Date, most: number): SQL => sql`(
  select event_ids, event_times from ${receipts}
  where ${receipts.userId} = ${userId} and ${receipts.batchId} >= ${leastIdAt(since)}::uuid
  order by ${receipts.batchId} desc limit ${most}
) b`;

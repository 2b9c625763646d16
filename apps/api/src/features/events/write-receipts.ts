import type postgres from "postgres";
import type { Sent } from "./copy-events.ts";
import { plainArray } from "./pg-array.ts";
import type { Batch } from "./store-events.ts";
import { type Tally, toMultirange } from "./tally.ts";

/** A time for `to_timestamp`: half the cost of reading a date. */
const seconds = (at: number) => at / 1000;

type Stored = { batch: Batch; first: number; last: number };

/** Which of the stored events, counted from 1, are each batch's, for those that have any. */
function byBatch(stored: readonly Sent[]): Stored[] {
  const batches: Stored[] = [];
  for (const [place, { batch }] of stored.entries()) {
    const last = batches.at(-1);
    if (last?.batch === batch) last.last = place + 1;
    else batches.push({ batch, first: place + 1, last: place + 1 });
  }
  return batches;
}

/** Writes a receipt for each batch that has stored events, and what is to be counted. */
export function writeReceipts(
  sql: postgres.Sql | postgres.TransactionSql,
  { stored, keys, counts }: Tally,
): postgres.PendingQuery<postgres.Row[]> {
  const batches = byBatch(stored);
  const of = <T>(rows: readonly T[], pick: (row: T) => string | number) =>
    plainArray(rows.map(pick));
  return sql`
    with stored as materialized (
      select ${of(stored, ({ event }) => event.id)}::text::uuid[] as ids, array(
        select to_timestamp(at)::timestamptz(3)
        from unnest(${of(stored, ({ event }) => seconds(event.at))}::text::float8[])
          with ordinality as t (at, place) order by place
      ) as times
    ), receipts as (
      insert into receipts (user_id, batch_id, event_ids, event_times)
      select user_id, batch_id, ids[first:last], times[first:last]
      from unnest(
        ${of(batches, ({ batch }) => batch.userId)}::text::uuid[],
        ${of(batches, ({ batch }) => batch.batchId)}::text::uuid[],
        ${of(batches, ({ first }) => first)}::text::int[],
        ${of(batches, ({ last }) => last)}::text::int[]
      ) as b (user_id, batch_id, first, last) cross join stored
    ), charted as (
      insert into event_count_changes (user_id, start, agent_id, type, level, count)
      select user_id, to_timestamp(start), agent_id, type, level, count
      from unnest(
        ${of(counts, ({ userId }) => userId)}::text::uuid[],
        ${of(counts, ({ start }) => seconds(start))}::text::float8[],
        ${of(counts, ({ agentId }) => agentId)}::text::uuid[],
        ${of(counts, ({ type }) => type)}::text::text[],
        ${of(counts, ({ level }) => level)}::text::smallint[],
        ${of(counts, ({ count }) => count)}::text::int[]
      ) as c (user_id, start, agent_id, type, level, count)
    )
    insert into agent_counter_changes (user_id, agent_id, api_key_id, batches, sent, accepted,
      duplicates, rejected, last_received_at, seqs)
    select user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected,
      to_timestamp(last_received_at), seqs::int8multirange
    from unnest(
      ${of(keys, ({ userId }) => userId)}::text::uuid[],
      ${of(keys, ({ agentId }) => agentId)}::text::uuid[],
      ${of(keys, ({ apiKeyId }) => apiKeyId)}::text::uuid[],
      ${of(keys, (key) => key.batches)}::text::int[],
      ${of(keys, (key) => key.sent)}::text::int[],
      ${of(keys, (key) => key.accepted)}::text::int[],
      ${of(keys, (key) => key.duplicates)}::text::int[],
      ${of(keys, (key) => key.rejected)}::text::int[],
      ${of(keys, (key) => seconds(key.lastReceivedAt))}::text::float8[],
      ${plainArray(keys.map(({ seqs }) => toMultirange(seqs)))}::text::text[]
    ) as k (user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected,
      last_received_at, seqs)`;
}

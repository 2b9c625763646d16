import type { Sent } from "./copy-events.ts";
import type { HeldBatch } from "./held-batch.ts";
import { plainArray } from "./pg-array.ts";
import { type Tally, toMultirange } from "./tally.ts";

/** A receipt for each batch that has stored events, and what is to be counted. */
export const prepareReceipts = `
  prepare write_receipts (
    text, text, text, text, text, text, text, text, text, text, text, text,
    text, text, text, text, text, text, text, text, text, text
  ) as
  with stored as materialized (
    select $1::uuid[] as ids, array(
      select to_timestamp(at)::timestamptz(3)
      from unnest($2::float8[]) with ordinality as t (at, place) order by place
    ) as times
  ), receipts as (
    insert into receipts (user_id, batch_id, event_ids, event_times)
    select user_id, batch_id, ids[first:last], times[first:last]
    from unnest($3::uuid[], $4::uuid[], $5::int[], $6::int[])
      as b (user_id, batch_id, first, last) cross join stored
  ), charted as (
    insert into event_count_changes (user_id, start, agent_id, type, level, count)
    select user_id, to_timestamp(start), agent_id, type, level, count
    from unnest($7::uuid[], $8::float8[], $9::uuid[], $10::text[], $11::smallint[], $12::int[])
      as c (user_id, start, agent_id, type, level, count)
  )
  insert into agent_counter_changes (user_id, agent_id, api_key_id, batches, sent, accepted,
    duplicates, rejected, last_received_at, seqs)
  select user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected,
    to_timestamp(last_received_at), seqs::int8multirange
  from unnest($13::uuid[], $14::uuid[], $15::uuid[], $16::int[], $17::int[], $18::int[], $19::int[],
    $20::int[], $21::float8[], $22::text[])
    as k (user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected,
      last_received_at, seqs)`;

/** A time for `to_timestamp`: half the cost of reading a date. */
const seconds = (at: number) => at / 1000;

type Stored = { batch: HeldBatch; first: number; last: number };

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

/** Ids, numbers, types and ranges: none of these can end a literal. */
const harmless = /^[0-9A-Za-z_.:+,"{}[()-]*$/;

function literal(array: string): string {
  if (!harmless.test(array)) throw new Error("receipts take ids, numbers and types of events");
  return `'${array}'`;
}

/** The statement that writes receipts and counts, by what `prepareReceipts` prepared. */
export function writeReceipts({ stored, keys, counts }: Tally): string {
  const batches = byBatch(stored);
  const of = <T>(rows: readonly T[], pick: (row: T) => string | number) =>
    plainArray(rows.map(pick));
  const values = [
    of(stored, ({ id }) => id),
    of(stored, ({ at }) => seconds(at)),
    of(batches, ({ batch }) => batch.userId),
    of(batches, ({ batch }) => batch.batchId),
    of(batches, ({ first }) => first),
    of(batches, ({ last }) => last),
    of(counts, ({ userId }) => userId),
    of(counts, ({ start }) => seconds(start)),
    of(counts, ({ agentId }) => agentId),
    // Without quotes the type null would be none.
    of(counts, ({ type }) => `"${type}"`),
    of(counts, ({ level }) => level),
    of(counts, ({ count }) => count),
    of(keys, ({ userId }) => userId),
    of(keys, ({ agentId }) => agentId),
    of(keys, ({ apiKeyId }) => apiKeyId),
    of(keys, (key) => key.batches),
    of(keys, (key) => key.sent),
    of(keys, (key) => key.accepted),
    of(keys, (key) => key.duplicates),
    of(keys, (key) => key.rejected),
    of(keys, (key) => seconds(key.lastReceivedAt)),
    plainArray(keys.map(({ seqs }) => toMultirange(seqs))),
  ];
  return `execute write_receipts(${values.map(literal).join(",")})`;
}

import { batchMax } from "@muniment/shared/events.ts";
import type { Sent } from "./copy-events.ts";
import type { HeldBatch } from "./held-batch.ts";
import { plainArray } from "./pg-array.ts";
import { type Tally, toMultirange } from "./tally.ts";

/** Receipts of what is stored, and what is to be counted. */
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

/** The stored events of some batches of one user. `batch` is the last of them. */
type Receipt = { batch: HeldBatch; stored: Sent[] };

const mayShare = ({ batch, stored }: Receipt, next: HeldBatch) =>
  !batch.hasOwnReceipt && !next.hasOwnReceipt && stored.length + next.events.length <= batchMax;

/**
 * Receipts of stored events, which come batch by batch. Small batches of a user share one, since a row
 * costs PostgreSQL as much as their event does, and the order of the tail is the same.
 */
function receiptsOf(stored: readonly Sent[]): Receipt[] {
  const receipts: Receipt[] = [];
  const lastOf = new Map<string, Receipt>();
  let open: Receipt | undefined;
  for (const sent of stored) {
    const { batch } = sent;
    if (open?.batch !== batch) {
      open = lastOf.get(batch.userId);
      if (open && mayShare(open, batch)) open.batch = batch;
      else {
        open = { batch, stored: [] };
        receipts.push(open);
        lastOf.set(batch.userId, open);
      }
    }
    open.stored.push(sent);
  }
  return receipts;
}

/** Ids, numbers, types and ranges: none of these can end a literal. */
const harmless = /^[0-9A-Za-z_.:+,"{}[()-]*$/;

function literal(array: string): string {
  if (!harmless.test(array)) throw new Error("receipts take ids, numbers and types of events");
  return `'${array}'`;
}

/** The statement that writes receipts and counts, by what `prepareReceipts` prepared. */
export function writeReceipts({ stored, keys, counts }: Tally): string {
  const receipts = receiptsOf(stored);
  const inOrder = receipts.length > 1 ? receipts.flatMap(({ stored }) => stored) : stored;
  let end = 0;
  const places = receipts.map(({ batch, stored: { length } }) => {
    end += length;
    return { batch, first: end - length + 1, last: end };
  });
  const of = <T>(rows: readonly T[], pick: (row: T) => string | number) =>
    plainArray(rows.map(pick));
  const values = [
    of(inOrder, ({ id }) => id),
    of(inOrder, ({ at }) => seconds(at)),
    of(places, ({ batch }) => batch.userId),
    of(places, ({ batch }) => batch.batchId),
    of(places, ({ first }) => first),
    of(places, ({ last }) => last),
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

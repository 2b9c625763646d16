import type { CopyRows } from "@muniment/db/copy-rows.ts";
import { batchMax } from "@muniment/shared/events.ts";
import type { Sent } from "./copy-events.ts";
import { type HeldBatch, idPlace, idRowBytes, timePlace } from "./held-batch.ts";
import { type Tally, toMultirange } from "./tally.ts";

/** Receipts of what is stored, and what is to be counted. */
export const receiptsStatement = `
  with receipts as (
    insert into receipts (user_id, batch_id, event_ids, event_times)
    select user_id, batch_id, ($1::uuid[])[first:last], ($2::timestamptz[])[first:last]
    from unnest($3::uuid[], $4::uuid[], $5::int[], $6::int[]) as b (user_id, batch_id, first, last)
  ), charted as (
    insert into event_count_changes (user_id, start, agent_id, type, level, count)
    select * from unnest($7::uuid[], $8::timestamptz[], $9::uuid[], $10::text[], $11::smallint[],
      $12::int[])
  )
  insert into agent_counter_changes (user_id, agent_id, api_key_id, batches, sent, accepted,
    duplicates, rejected, last_received_at, seqs)
  select user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected,
    last_received_at, seqs::int8multirange
  from unnest($13::uuid[], $14::uuid[], $15::uuid[], $16::int[], $17::int[], $18::int[], $19::int[],
    $20::int[], $21::timestamptz[], $22::text[])
    as k (user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected,
      last_received_at, seqs)`;

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

type Write = (rows: CopyRows) => void;

/** Types of PostgreSQL (pg_type.dat), and what writes an element. */
const types = {
  uuid: { oid: 2950, write: (rows: CopyRows, id: string) => rows.uuid(id) },
  timestamptz: { oid: 1184, write: (rows: CopyRows, at: number) => rows.time(at) },
  integer: { oid: 23, write: (rows: CopyRows, value: number) => rows.integer(value) },
  smallint: { oid: 21, write: (rows: CopyRows, value: number) => rows.smallint(value) },
  text: { oid: 25, write: (rows: CopyRows, text: string | undefined) => rows.text(text) },
};

type ElementType<Value> = { oid: number; write: (rows: CopyRows, value: Value) => void };

function arrayOf<Value, Row>(
  { oid, write }: ElementType<Value>,
  all: readonly Row[],
  pick: (row: Row) => Value,
): Write {
  return (rows) =>
    rows.array(oid, all.length, () => {
      for (const one of all) write(rows, pick(one));
    });
}

/** Of each event what its row of `event_ids` has there, with its length. */
function partsOf(
  oid: number,
  stored: readonly Sent[],
  [from, to]: readonly [number, number],
): Write {
  return (rows) =>
    rows.array(oid, stored.length, () => {
      for (const { batch, place } of stored) {
        const row = place * idRowBytes;
        rows.part(batch.idRows, row + from, row + to);
      }
    });
}

/** The values of `receiptsStatement`. */
export function receiptsValues({ stored, keys, counts }: Tally): Write[] {
  const receipts = receiptsOf(stored);
  const inOrder = receipts.length > 1 ? receipts.flatMap(({ stored }) => stored) : stored;
  let end = 0;
  const places = receipts.map(({ batch, stored: { length } }) => {
    end += length;
    return { batch, first: end - length + 1, last: end };
  });
  const { uuid, timestamptz, integer, smallint, text } = types;
  return [
    partsOf(uuid.oid, inOrder, idPlace),
    partsOf(timestamptz.oid, inOrder, timePlace),
    arrayOf(uuid, places, ({ batch }) => batch.userId),
    arrayOf(uuid, places, ({ batch }) => batch.batchId),
    arrayOf(integer, places, ({ first }) => first),
    arrayOf(integer, places, ({ last }) => last),
    arrayOf(uuid, counts, ({ userId }) => userId),
    arrayOf(timestamptz, counts, ({ start }) => start),
    arrayOf(uuid, counts, ({ agentId }) => agentId),
    arrayOf(text, counts, ({ type }) => type),
    arrayOf(smallint, counts, ({ level }) => level),
    arrayOf(integer, counts, ({ count }) => count),
    arrayOf(uuid, keys, ({ userId }) => userId),
    arrayOf(uuid, keys, ({ agentId }) => agentId),
    arrayOf(uuid, keys, ({ apiKeyId }) => apiKeyId),
    arrayOf(integer, keys, ({ batches }) => batches),
    arrayOf(integer, keys, ({ sent }) => sent),
    arrayOf(integer, keys, ({ accepted }) => accepted),
    arrayOf(integer, keys, ({ duplicates }) => duplicates),
    arrayOf(integer, keys, ({ rejected }) => rejected),
    arrayOf(timestamptz, keys, ({ lastReceivedAt }) => lastReceivedAt),
    arrayOf(text, keys, ({ seqs }) => toMultirange(seqs)),
  ];
}

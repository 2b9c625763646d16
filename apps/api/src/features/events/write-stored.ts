import type postgres from "postgres";
import type { ParsedEvent } from "./parse-event.ts";
import { plainArray, textList } from "./pg-array.ts";
import type { Batch } from "./store-events.ts";
import { type Tally, toMultirange } from "./tally.ts";

/** A time for `to_timestamp`: half the cost of reading a date. */
const seconds = (at: number) => at / 1000;

/** Stores events whose ids are claimed, a receipt for each batch that has any, and what they count. */
export async function writeStored(
  sql: postgres.TransactionSql,
  batches: readonly Batch[],
  { stored, keys, counts }: Tally,
): Promise<void> {
  const plain = (pick: (event: ParsedEvent) => string | number | undefined) =>
    plainArray(stored.map(({ event }) => pick(event)));
  const texts = (pick: (event: ParsedEvent) => string | undefined) => {
    const { text, separator, nothing } = textList(stored.map(({ event }) => pick(event)));
    return sql`string_to_array(${text}::text, ${separator}::text, ${nothing}::text)`;
  };
  const ofBatch = (pick: (batch: Batch) => string | number) => plainArray(batches.map(pick));
  const ofKey = (pick: (key: Tally["keys"][number]) => string | number) =>
    plainArray(keys.map(pick));
  const ofCount = (pick: (count: Tally["counts"][number]) => string | number) =>
    plainArray(counts.map(pick));
  await sql`
    with batch as materialized (
      select b, user_id, agent_id, api_key_id, batch_id,
        to_timestamp(received_at)::timestamptz(3) as received_at
      from unnest(
        ${plainArray(batches.map((_, b) => b))}::text::int[],
        ${ofBatch(({ userId }) => userId)}::text::uuid[],
        ${ofBatch(({ agentId }) => agentId)}::text::uuid[],
        ${ofBatch(({ apiKeyId }) => apiKeyId)}::text::uuid[],
        ${ofBatch(({ batchId }) => batchId)}::text::uuid[],
        ${ofBatch(({ receivedAt }) => seconds(receivedAt))}::text::float8[]
      ) as b (b, user_id, agent_id, api_key_id, batch_id, received_at)
    ), sent as materialized (
      select *, to_timestamp(at)::timestamptz(3) as occurred_at
      from unnest(
        ${plainArray(stored.map(({ batch }) => batch))}::text::int[],
        ${plain(({ id }) => id)}::text::uuid[],
        ${plain(({ at }) => seconds(at))}::text::float8[],
        ${texts(({ type }) => type)},
        ${plain(({ level }) => level)}::text::smallint[],
        ${texts(({ message }) => message)},
        ${texts(({ subject }) => subject)},
        ${texts(({ traceId }) => traceId)},
        ${plain(({ seq }) => seq)}::text::bigint[],
        ${texts(({ props }) => props)}
      ) with ordinality
        as e (b, id, at, type, level, message, subject, trace_id, seq, props, ord)
      join batch using (b)
    ), events as (
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message,
        subject, trace_id, seq, props, occurred_at, received_at)
      select user_id, id, agent_id, api_key_id, batch_id, type, level, message,
        subject, trace_id, seq, props::jsonb, occurred_at, received_at
      from sent
    ), receipts as (
      insert into receipts (user_id, batch_id, event_ids, event_times)
      select user_id, batch_id, array_agg(id order by ord), array_agg(occurred_at order by ord)
      from sent group by user_id, batch_id
    ), charted as (
      insert into event_count_changes (user_id, start, agent_id, type, level, count)
      select user_id, to_timestamp(start), agent_id, type, level, count
      from unnest(
        ${ofCount(({ userId }) => userId)}::text::uuid[],
        ${ofCount(({ start }) => seconds(start))}::text::float8[],
        ${ofCount(({ agentId }) => agentId)}::text::uuid[],
        ${ofCount(({ type }) => type)}::text::text[],
        ${ofCount(({ level }) => level)}::text::smallint[],
        ${ofCount(({ count }) => count)}::text::int[]
      ) as c (user_id, start, agent_id, type, level, count)
    )
    insert into agent_counter_changes (user_id, agent_id, api_key_id, batches, sent, accepted,
      duplicates, rejected, last_received_at, seqs)
    select user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected,
      to_timestamp(last_received_at), seqs::int8multirange
    from unnest(
      ${ofKey(({ userId }) => userId)}::text::uuid[],
      ${ofKey(({ agentId }) => agentId)}::text::uuid[],
      ${ofKey(({ apiKeyId }) => apiKeyId)}::text::uuid[],
      ${ofKey((key) => key.batches)}::text::int[],
      ${ofKey((key) => key.sent)}::text::int[],
      ${ofKey((key) => key.accepted)}::text::int[],
      ${ofKey((key) => key.duplicates)}::text::int[],
      ${ofKey((key) => key.rejected)}::text::int[],
      ${ofKey((key) => seconds(key.lastReceivedAt))}::text::float8[],
      ${plainArray(keys.map(({ seqs }) => toMultirange(seqs)))}::text::text[]
    ) as k (user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected,
      last_received_at, seqs)`;
}

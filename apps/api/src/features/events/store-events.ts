import type { Statements } from "@muniment/db/statements.ts";
import type postgres from "postgres";
import type { ParsedEvent } from "./parse-event.ts";
import { createPartitions, isWithoutPartition } from "./partitions.ts";

/** The events of one call that may be stored. */
export type Batch = {
  userId: string;
  agentId: string;
  apiKeyId: string;
  batchId: string;
  receivedAt: number;
  events: ParsedEvent[];
  /** How many of the call's events were refused before. */
  rejected: number;
};

/** What became of a batch: the rest of its events are duplicates. `conflicts` are places in `events`. */
export type StoredBatch = { accepted: number; conflicts: number[] };

export type StoreEvents = (batches: readonly Batch[]) => Promise<StoredBatch[]>;

type Place = { batch: number; event: number };
type Value = string | number | undefined;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON writes otherwise than an array
const control = /[\0-\x1f]/;

/** An element of a PostgreSQL array. JSON quotes the same way, and much faster, but for control characters. */
const quote = (text: string) =>
  control.test(text) ? `"${text.replaceAll(/["\\]/g, "\\$&")}"` : JSON.stringify(text);

/** A PostgreSQL array of what needs no quotes, or of any text. */
const plainArray = (values: Value[]) => `{${values.map((value) => value ?? "NULL").join(",")}}`;
const textArray = (values: (string | undefined)[]) =>
  plainArray(values.map((text) => (text === undefined ? undefined : quote(text))));

type Answer = { stored: number; ords: string | null };

const keyOf = (batch: Batch) =>
  `"user_id":"${batch.userId}","agent_id":"${batch.agentId}","api_key_id":"${batch.apiKeyId}"`;
const timeOf = (batch: Batch) => `"received_at":"${new Date(batch.receivedAt).toISOString()}"`;

/** The counters' increments, one line per key, before it is known what is stored. */
function countsOf(batches: readonly Batch[]): string {
  const counts = new Map<string, { batches: number; sent: number; rejected: number; at: string }>();
  for (const batch of batches) {
    const key = keyOf(batch);
    const known = counts.get(key) ?? { batches: 0, sent: 0, rejected: 0, at: "" };
    known.batches += 1;
    known.sent += batch.events.length + batch.rejected;
    known.rejected += batch.rejected;
    known.at = timeOf(batch);
    counts.set(key, known);
  }
  const lines = [...counts].map(
    ([key, { batches: count, sent, rejected, at }]) =>
      `{${key},${at},"batches":${count},"sent":${sent},"rejected":${rejected}}`,
  );
  return `[${lines.join(",")}]`;
}

/**
 * Claims the ids, stores the events that are new, one receipt per batch that stored any, and counts,
 * all in one statement. Sorting by id keeps statements that share ids from deadlocking; of an id sent
 * twice the first is taken. What is not stored is counted as a duplicate until `settleRest` knows better.
 */
async function insert(sql: postgres.TransactionSql, batches: readonly Batch[], places: Place[]) {
  const events = places.flatMap(({ batch, event }) => batches[batch]?.events[event] ?? []);
  const plain = (pick: (event: ParsedEvent) => Value) => plainArray(events.map(pick));
  const text = (pick: (event: ParsedEvent) => string | undefined) => textArray(events.map(pick));
  const heads = batches.map(
    (batch, b) => `{"b":${b},"batch_id":"${batch.batchId}",${timeOf(batch)},${keyOf(batch)}}`,
  );
  const [answer] = await sql<Answer[]>`
    with batch as materialized (
      select * from json_to_recordset(${`[${heads.join(",")}]`}::text::json) as b (b int,
        user_id uuid, agent_id uuid, api_key_id uuid, batch_id uuid, received_at timestamptz(3))
    ), sent as materialized (
      select distinct on (user_id, id) *
      from unnest(
        ${plainArray(places.map((_, ord) => ord))}::text::int[],
        ${plainArray(places.map(({ batch }) => batch))}::text::int[],
        ${plain(({ id }) => id)}::text::uuid[],
        ${plain(({ digest }) => digest)}::text::text[],
        ${text(({ occurredAt }) => occurredAt)}::text::timestamptz(3)[],
        ${text(({ type }) => type)}::text::text[],
        ${plain(({ level }) => level)}::text::smallint[],
        ${text(({ message }) => message)}::text::text[],
        ${text(({ subject }) => subject)}::text::text[],
        ${text(({ traceId }) => traceId)}::text::text[],
        ${plain(({ seq }) => seq)}::text::bigint[],
        ${text(({ props }) => props)}::text::text[]
      ) as e (ord, b, id, digest, occurred_at, type, level, message, subject, trace_id, seq, props)
      join batch using (b)
      order by user_id, id, ord
    ), claimed as (
      insert into event_ids (user_id, id, occurred_at, digest)
      select user_id, id, occurred_at, decode(digest, 'hex') from sent
      on conflict (user_id, id) do nothing returning user_id, id
    ), stored as (
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message,
        subject, trace_id, seq, props, occurred_at, received_at)
      select user_id, id, agent_id, api_key_id, batch_id, type, level, message,
        subject, trace_id, seq, props::jsonb, occurred_at, received_at
      from sent join claimed using (user_id, id)
    ), receipt as (
      insert into receipts (user_id, batch_id, event_ids, event_times)
      select user_id, batch_id, array_agg(id order by ord), array_agg(occurred_at order by ord)
      from sent join claimed using (user_id, id) group by user_id, batch_id
    ), charted as (
      insert into event_count_changes (user_id, start, agent_id, type, level, count)
      select user_id, date_bin('15 minutes', occurred_at, '1970-01-01Z'), agent_id, type, level,
        count(*)
      from sent join claimed using (user_id, id) group by 1, 2, 3, 4, 5
    ), counted as (
      insert into agent_counters as known (user_id, agent_id, api_key_id, batches, sent, accepted,
        duplicates, rejected, last_received_at)
      select user_id, agent_id, api_key_id, k.batches, k.sent, coalesce(c.stored, 0),
        k.sent - k.rejected - coalesce(c.stored, 0), k.rejected, k.received_at
      from json_to_recordset(${countsOf(batches)}::text::json) as k (user_id uuid, agent_id uuid,
        api_key_id uuid, batches bigint, sent bigint, rejected bigint, received_at timestamptz(3))
      left join (
        select user_id, agent_id, api_key_id, count(*) as stored
        from sent join claimed using (user_id, id) group by user_id, agent_id, api_key_id
      ) c using (user_id, agent_id, api_key_id)
      order by user_id, agent_id, api_key_id
      on conflict (user_id, agent_id, api_key_id) do update set
        batches = known.batches + excluded.batches, sent = known.sent + excluded.sent,
        accepted = known.accepted + excluded.accepted,
        duplicates = known.duplicates + excluded.duplicates,
        rejected = known.rejected + excluded.rejected,
        last_received_at = greatest(known.last_received_at, excluded.last_received_at)
    )
    select count(*)::int as stored,
      case when count(*) < ${places.length}::int then string_agg(ord::text, ' ') end as ords
    from sent join claimed using (user_id, id)`;
  if (!answer) throw new Error("the insert of events gave no answer");
  return answer;
}

/**
 * Compares the content of what was not stored with what is there, in a statement of its own whose
 * snapshot sees what a rival committed meanwhile, and moves the different ones from the duplicates
 * to the refused. Answers the `ord`s of the different ones.
 */
async function settleRest(
  sql: postgres.TransactionSql,
  batches: readonly Batch[],
  rest: [number, Place][],
) {
  const lines = rest.map(([ord, { batch, event }]) => {
    const { id, digest } = batches[batch]?.events[event] ?? {};
    const key = batches[batch] ? keyOf(batches[batch]) : "";
    return `{"ord":${ord},${key},"id":"${id}","digest":"${digest}"}`;
  });
  const different = await sql<{ ord: number }[]>`
    with rest as materialized (
      select r.* from json_to_recordset(${`[${lines.join(",")}]`}::text::json) as r (ord int,
        user_id uuid, agent_id uuid, api_key_id uuid, id uuid, digest text)
      join event_ids e on e.user_id = r.user_id and e.id = r.id
      where e.digest <> decode(r.digest, 'hex')
    ), moved as (
      update agent_counters known
      set duplicates = known.duplicates - m.count, rejected = known.rejected + m.count
      from (
        select user_id, agent_id, api_key_id, count(*) from rest
        group by user_id, agent_id, api_key_id
      ) m
      where known.user_id = m.user_id and known.agent_id = m.agent_id
        and known.api_key_id = m.api_key_id
    )
    select ord from rest order by ord`;
  return different.map(({ ord }) => ord);
}

async function store(
  sql: postgres.TransactionSql,
  batches: readonly Batch[],
): Promise<StoredBatch[]> {
  const places = batches.flatMap(({ events }, batch) =>
    events.map((_, event) => ({ batch, event })),
  );
  const answers = batches.map(({ events }) => ({
    accepted: events.length,
    conflicts: [] as number[],
  }));
  const { stored, ords } = await insert(sql, batches, places);
  if (stored === places.length) return answers;
  const taken = new Set(ords?.split(" ").map(Number));
  const rest = [...places.entries()].filter(([ord]) => !taken.has(ord));
  for (const [, { batch }] of rest) {
    const answer = answers[batch];
    if (answer) answer.accepted -= 1;
  }
  for (const ord of await settleRest(sql, batches, rest)) {
    const place = places[ord];
    if (place) answers[place.batch]?.conflicts.push(place.event);
  }
  return answers;
}

/** Stores batches of any users in one transaction over a connection of the ingest role. */
export function createStoreEvents(pool: Statements): StoreEvents {
  const partitions = createPartitions(pool);
  return async (batches) => {
    const attempt = async () => {
      await partitions.ensure(
        batches.flatMap(({ events }) => events.map(({ occurredAt }) => occurredAt.slice(0, 7))),
      );
      return pool.begin("isolation level read committed", (sql) => store(sql, batches));
    };
    try {
      return await attempt();
    } catch (error) {
      if (!isWithoutPartition(error)) throw error;
      partitions.forget();
      return attempt();
    }
  };
}

import type postgres from "postgres";
import { heavyUser, openScratch } from "./scratch.ts";

/** How many rows and changes of counts a transaction is of. */
type Pieces = { rows: number; changes: number };
const large: Pieces = { rows: 250_000, changes: 50_000 };
/** What follows commits waits for the oldest transaction of the server, whoever's it is. */
const small: Pieces = { rows: 1000, changes: 1000 };

/** For what is made once and measured under others. */
const loading = {
  shared_buffers: "1GB",
  maintenance_work_mem: "512MB",
  work_mem: "256MB",
  max_wal_size: "8GB",
  checkpoint_timeout: "1h",
  synchronous_commit: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  autovacuum: "off",
};

/** Indexes that are made anew once all rows are there, which takes a third of the time. */
const secondary = ["events_type", "events_subject", "events_trace_id"];

/** The users, the agents of the heavy one, and room for the events of the last 30 days. */
async function prepare(owner: postgres.Sql) {
  await owner`
    insert into users (id, email, display_name, password_hash, role, created_at)
    select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'u' || n || '@example.org',
      'u', 'x', 'member', now() from generate_series(1, 201) n`;
  await owner`
    insert into agents (id, user_id, name, description, environment, created_at)
    select ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, ${heavyUser}, 'agent-' || n,
      '', 'production', now() from generate_series(0, 7) n`;
  await owner`select ensure_event_partition(now() - m * interval '1 month') from generate_series(0, 2) m`;
}

/**
 * Stores events of the last 30 days in the order of time, about 300 bytes each; of 8 agents and 12 types
 * of one heavy user, and of 200 others.
 */
async function fill(
  owner: postgres.Sql,
  rows: number,
  pieces: Pieces,
  tell: (what: string) => void = () => {},
) {
  const [{ end } = { end: "" }] = await owner`select date_trunc('hour', now())::text as end`;
  for (let from = 0; from < rows; from += pieces.rows) {
    const to = Math.min(from + pieces.rows, rows);
    await owner.begin(async (tx) => {
      // Without looking up each row's user and agent.
      await tx`set local session_replication_role = replica`;
      await tx.unsafe(insert(from, to, rows, String(end)));
    });
    tell(`${to} rows`);
  }
}

/** Counts all events anew, as the product adds up what is stored. */
async function count(owner: postgres.Sql, { changes }: Pieces) {
  await owner`truncate event_counts, event_count_changes`;
  await owner`
    insert into event_count_changes (user_id, start, agent_id, type, level, count)
    select user_id, date_bin('5 minutes', occurred_at, '1970-01-01Z') as start, agent_id, type, level, count(*)
    from events group by 1, 2, 3, 4, 5 order by start, user_id`;
  for (let folded = 1; folded > 0; ) {
    const [row] = await owner`select fold_event_counts(${changes}) as folded`;
    folded = Number(row?.folded);
  }
}

/** The same events, counted, in a database that has just been made. */
export async function fillSmall(owner: postgres.Sql, rows: number) {
  await prepare(owner);
  await fill(owner, rows, small);
  await count(owner, small);
}

/** Makes the events of a database. */
export async function generate(folder: string, name: string, rows: number) {
  const { owner, stop } = await openScratch(folder, name, loading);
  await prepare(owner);
  const definitions = await owner`
    select pg_get_indexdef(c.oid) as definition from pg_class c
    where c.relname = any (${secondary}) and c.relkind = 'I'`;
  for (const index of secondary) await owner`drop index ${owner(index)}`;
  const started = performance.now();
  const tell = (what: string) =>
    console.log(`${what} after ${((performance.now() - started) / 1000).toFixed(0)} s`);
  await fill(owner, rows, large, tell);
  // Told as of the parent alone, though it is of the partitions, too.
  for (const { definition } of definitions)
    await owner.unsafe(String(definition).replace(" ON ONLY ", " ON "));
  tell("indexes");
  await owner`vacuum (analyze)`;
  tell("vacuumed");
  await stop();
}

/** Counts the events of a database that has been made, which may have been long ago. */
export async function sumUp(folder: string, name: string) {
  const { owner, stop } = await openScratch(folder, name, loading);
  await count(owner, large);
  await owner`vacuum (analyze) event_counts`;
  await owner`vacuum (analyze) event_count_changes`;
  await stop();
}

/** `random()` is enough: every run has the same shape, not the same rows. */
const insert = (from: number, to: number, rows: number, end: string) => `
  with raw as (
    select n, '${end}'::timestamptz - (${rows} - n) * (interval '30 days' / ${rows}) as at,
      random() as who, random() as r1, random() as r2, random() as r3, random() as r4
    from generate_series(${from}, ${to - 1}) n
  ), made as (
    select *, ('00000000-0000-7000-8000-'
        || lpad(to_hex(case when who < 0.8 then 1 else 2 + floor(r4 * 200)::int end), 12, '0'))::uuid as user_id,
      ('00000000-0000-7000-9000-' || lpad(to_hex(floor(r1 * r1 * 8)::int), 12, '0'))::uuid as agent_id,
      floor(r2 * r2 * 12)::int as kind,
      (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid as id
    from raw
  ), shaped as (
    select *, (array['http.request','http.request.slow','ssh.login.ok','ssh.login.failed','db.query',
        'db.query.slow','job.done','job.failed','user.signed_in','user.signed_out','mail.sent','disk.full'])[kind + 1] as type,
      case when kind in (1, 3, 5) then 2 when kind = 7 then 3 when kind = 11 then 4 when r3 < 0.02 then 3
        when r3 < 0.1 then 0 else 1 end as level,
      (r3 * r3 * 5000)::int as person
    from made
  ), stored as (
    insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, subject,
      trace_id, props, occurred_at, received_at)
    select user_id, id, agent_id, agent_id, agent_id, type, level,
      case kind % 4 when 0 then 'GET /api/items/' || (r4 * 100000)::int || ' answered 200'
        when 1 then 'took ' || (r4 * r4 * r4 * 30000)::int || ' ms on node-' || (r1 * 20)::int
        when 2 then 'Accepted publickey for user' || person || ' from 10.' || (r1 * 255)::int || '.' || (r4 * 255)::int || '.7'
        else 'Failed password for invalid user guest' || person || ' from 203.0.113.' || (r4 * 255)::int || ' port ' || (r1 * 64000)::int || ' ssh2' end
        || case when n % 1000003 = 7 then ' kernel panic' else '' end,
      case when kind % 3 > 0 then 'user:' || person end,
      case when n % 5 = 0 then md5((n / 5)::text) end,
      jsonb_build_object('user', 'user' || person, 'port', (r1 * 64000)::int,
        'request', jsonb_build_object('ms', round((r4 * r4 * 500)::numeric, 2), 'status', case when r3 < 0.02 then 500 else 200 end,
          'id', md5('r' || n)),
        'region', (array['eu-west-1','eu-north-1','us-east-1'])[1 + (r2 * 2.99)::int])
        || case when n % 500009 = 3 then '{"rare": true, "latency": 99999}' else '{}' end::jsonb,
      at, at
    from shaped returning user_id, id, occurred_at
  ), received as (
    insert into receipts (user_id, batch_id, event_ids, event_times)
    select user_id, gen_random_uuid(), array_agg(id), array_agg(occurred_at) from (
      select *, row_number() over (partition by user_id order by occurred_at) / 100 as batch from stored
    ) numbered group by user_id, batch order by user_id, batch
  )
  insert into event_ids (user_id, id, occurred_at, digest)
  select user_id, id, occurred_at, sha256(id::text::bytea) from stored`;

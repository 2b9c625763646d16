import type { Sql } from "postgres";
import type { Layout } from "./layouts.ts";

export const heavyUser = "00000000-0000-4000-8000-000000000000";

/** Fills `public.source`: half the rows one user's, the rest of 1,000, over 13 months; 1 % of the ids disagree with `occurred_at`. */
export async function makeSource(sql: Sql, rows: number): Promise<void> {
  await sql.unsafe(`CREATE UNLOGGED TABLE public.source AS
    SELECT CASE WHEN random() < 0.5 THEN '${heavyUser}'::uuid
      ELSE md5((random() * 1000)::int::text)::uuid END AS user_id,
      uuidv7(CASE WHEN random() < 0.01 THEN -random() * interval '360 days'
        ELSE at - clock_timestamp() END) AS id,
      md5('agent')::uuid AS agent_id, md5('key')::uuid AS api_key_id,
      md5((i / 100)::text)::uuid AS batch_id,
      CASE WHEN random() < 0.0001 THEN 'rare.type' ELSE 'type.' || i % 10 END AS type,
      (i % 5)::smallint AS level,
      'Failed password for invalid user admin from 203.0.113.' || i % 250 || ' port ' || i AS message,
      'user:' || i % 1000 AS subject, NULL::text AS trace_id, i::bigint AS seq,
      jsonb_build_object('address', '203.0.113.' || i % 250, 'port', i, 'user', 'admin',
        'method', 'password') AS props,
      at::timestamptz(3) AS occurred_at, at::timestamptz(3) AS received_at,
      sha256(i::text::bytea) AS digest
    FROM generate_series(1, ${rows}) AS i,
      LATERAL (SELECT now() - interval '360 days' * (1 - i / ${rows + 1}.0) AS at) AS t`);
}

/** Copies the source into the layout on the search path and collects its statistics. */
export async function load(sql: Sql, layout: Layout): Promise<void> {
  const columns = `user_id, id, agent_id, api_key_id, batch_id, type, level, message, subject,
    trace_id, seq, props, occurred_at, received_at`;
  const digest = layout.ids ? "" : ", digest";
  await sql.unsafe("TRUNCATE events");
  await sql.unsafe(
    `INSERT INTO events (${columns}${digest}) SELECT ${columns}${digest} FROM public.source`,
  );
  if (layout.ids) {
    await sql.unsafe("TRUNCATE event_ids");
    await sql.unsafe(`INSERT INTO event_ids (user_id, id, occurred_at, digest)
      SELECT user_id, id, occurred_at, digest FROM public.source`);
    await sql.unsafe("VACUUM ANALYZE event_ids");
  }
  await sql.unsafe("VACUUM ANALYZE events");
}

const sent = (columns: string) => `json_to_recordset($1::text::json) AS r(${columns})`;

/** Stores one JSON array of any users' events; answers the keys it stored, the rest were there. */
export const ingest = `
  WITH sent AS MATERIALIZED (
    SELECT DISTINCT ON (user_id, id) * FROM ${sent(`ord int, user_id uuid, id uuid,
      agent_id uuid, api_key_id uuid, batch_id uuid, type text, level smallint, message text,
      subject text, trace_id text, seq bigint, props jsonb, occurred_at timestamptz(3),
      received_at timestamptz(3), digest text`)}
    ORDER BY user_id, id, ord
  ), claimed AS (
    INSERT INTO event_ids (user_id, id, occurred_at, digest)
    SELECT user_id, id, occurred_at, decode(digest, 'hex') FROM sent
    ON CONFLICT (user_id, id) DO NOTHING RETURNING user_id, id
  ), stored AS (
    INSERT INTO events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, subject,
      trace_id, seq, props, occurred_at, received_at)
    SELECT user_id, id, agent_id, api_key_id, batch_id, type, level, message, subject,
      trace_id, seq, props, occurred_at, received_at FROM sent JOIN claimed USING (user_id, id)
  ), receipt AS (
    INSERT INTO receipts (user_id, batch_id, event_ids, event_times)
    SELECT user_id, batch_id, array_agg(id ORDER BY ord), array_agg(occurred_at ORDER BY ord)
    FROM sent JOIN claimed USING (user_id, id) GROUP BY user_id, batch_id
  )
  SELECT s.ord, s.user_id, s.id FROM sent s JOIN claimed USING (user_id, id)`;

/** For what `ingest` did not store, in a statement of its own: is the stored content the same? */
export const classify = `
  SELECT r.ord, e.digest = decode(r.digest, 'hex') AS same
  FROM ${sent("ord int, user_id uuid, id uuid, digest text")}
  JOIN event_ids e ON e.user_id = r.user_id AND e.id = r.id`;

/**
 * What the tail of one user resumes with: $2, $3 the last receipt seen, in commit order. LIMIT 1
 * keeps the planner from joining all the user's events instead of looking up each key.
 */
export const resume = `
  SELECT r.commit_xid, r.position, i.ordinal, e.*
  FROM (
    SELECT * FROM receipts
    WHERE user_id = $1 AND (commit_xid, position) > ($2::xid8, $3::bigint)
      AND commit_xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY commit_xid, position LIMIT $4
  ) r
  CROSS JOIN LATERAL unnest(r.event_ids, r.event_times) WITH ORDINALITY
    AS i (id, occurred_at, ordinal)
  CROSS JOIN LATERAL (
    SELECT * FROM events e
    WHERE e.user_id = $1 AND e.occurred_at = i.occurred_at AND e.id = i.id LIMIT 1
  ) e
  ORDER BY r.commit_xid, r.position, i.ordinal`;

/** A page after the cursor ($3, $4) and not before $2; the plain bound on `occurred_at` prunes. */
export const page = `
  SELECT * FROM events
  WHERE user_id = $1 AND occurred_at >= $2::timestamptz AND occurred_at <= $3::timestamptz
    AND (occurred_at, id) < ($3::timestamptz, $4::uuid)
  ORDER BY occurred_at DESC, id DESC LIMIT $5`;

export const byId = `
  SELECT * FROM events WHERE user_id = $1 AND id = $2::uuid
    AND occurred_at = (SELECT occurred_at FROM event_ids WHERE user_id = $1 AND id = $2::uuid)`;

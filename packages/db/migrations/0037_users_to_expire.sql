-- The next users for whom anything is kept for a time only, and whether something is past it. The oldest of
-- each table is looked up in the order of its key: a plan that looks for any such row may read all of a table.
CREATE FUNCTION users_to_expire(after uuid, days integer, at timestamptz, most integer)
RETURNS TABLE (id uuid, retention_days integer, is_due boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.retention_days,
    -- An event lies at most a day after its receipt.
    coalesce((SELECT r.batch_id FROM receipts r WHERE r.user_id = u.id ORDER BY r.batch_id LIMIT 1) <
      rpad(lpad(to_hex((extract(epoch FROM kept.since - interval '24 hours') * 1000)::bigint), 12, '0')
        || '70008', 32, '0')::uuid, false)
    OR coalesce((SELECT min(c.newest) FROM event_chunks c WHERE c.user_id = u.id) < kept.since, false)
    OR u.retention_days < coalesce(days, 2147483647) AND (
      SELECT true FROM events e WHERE e.user_id = u.id AND e.occurred_at < kept.since
      ORDER BY e.occurred_at, e.id LIMIT 1
    ) IS NOT NULL
  FROM (
    SELECT * FROM users
    WHERE users.id > after AND (days IS NOT NULL OR users.retention_days IS NOT NULL)
    ORDER BY users.id LIMIT most
  ) u CROSS JOIN LATERAL (
    SELECT greatest('2000-01-01Z', at - least(u.retention_days, days) * interval '24 hours') AS since
  ) kept
  ORDER BY u.id
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION users_to_expire(uuid, integer, timestamptz, integer) FROM PUBLIC;

-- Addresses in verdicts may be those of somebody who is erased, and nothing tells whose they are: they go
-- thirty days after they were last seen, and what is about nothing else with them.
CREATE OR REPLACE FUNCTION delete_old_alerts(at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM alerts
  WHERE resolved_at < at - interval '90 days' OR last_seen_at < at - interval '365 days'
    OR (last_seen_at < at - interval '30 days' AND details ? 'from'
      AND key ~ '^[0-9a-f]*[.:][0-9a-f.:]*(/[0-9]+)?$');
  UPDATE alerts SET details = jsonb_set(details, '{from}', '[]')
  WHERE last_seen_at < at - interval '30 days' AND details -> 'from' <> '[]';
$$;
--> statement-breakpoint
-- An account that was tried before it was there is named in a verdict by a hash of its address only.
CREATE FUNCTION delete_verdicts_about(subjects text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM alerts WHERE details ? 'from' AND key = ANY (subjects);
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION delete_verdicts_about(text[]) FROM PUBLIC;
--> statement-breakpoint
-- Those of the keys that there are, which then cannot be deleted before the transaction ends.
CREATE FUNCTION hold_api_keys(ids uuid[]) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM api_keys WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION hold_api_keys(uuid[]) FROM PUBLIC;

-- What administrators are done with; and what nobody looked at, which is not kept for ever either.
CREATE FUNCTION delete_old_alerts(at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM alerts
  WHERE resolved_at < at - interval '90 days' OR last_seen_at < at - interval '365 days';
$$;--> statement-breakpoint
REVOKE ALL ON FUNCTION delete_old_alerts(timestamptz) FROM PUBLIC;

-- Who may see which rows, decided by the database as well as by every query: the scope of a
-- transaction is its user, or the hash of the one secret that was presented.
CREATE FUNCTION current_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('muniment.user_id', true), '')::uuid;
--> statement-breakpoint
CREATE FUNCTION current_credential() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('muniment.credential', true), '');
--> statement-breakpoint
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner_or_bearer ON sessions
  USING (user_id = current_user_id() OR id = current_credential())
  WITH CHECK (user_id = current_user_id() OR id = current_credential());
--> statement-breakpoint
ALTER TABLE agents ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON agents USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON api_keys USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
CREATE POLICY bearer ON api_keys FOR SELECT USING (encode(hmac, 'hex') = current_credential());
--> statement-breakpoint
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON events USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE event_ids ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_ids USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE receipts ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON receipts USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE agent_counters ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON agent_counters USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
-- The few things that must cross users are functions of the owner, each doing just its one thing.
CREATE FUNCTION touch_api_keys(used jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE api_keys SET last_used_at = u.at
  FROM jsonb_to_recordset(used) AS u (id uuid, at timestamptz)
  WHERE api_keys.id = u.id AND (last_used_at IS NULL OR last_used_at < u.at)
$$;
--> statement-breakpoint
CREATE FUNCTION delete_expired_sessions() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM sessions WHERE expires_at < now()
$$;
--> statement-breakpoint
CREATE FUNCTION user_overview(ids uuid[]) RETURNS TABLE (user_id uuid, session_count bigint, agent_count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id,
    (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.expires_at > now()),
    (SELECT count(*) FROM agents a WHERE a.user_id = u.id)
  FROM unnest(ids) AS u (id)
$$;
--> statement-breakpoint
INSERT INTO event_storage (monthly_from) VALUES (date_trunc('year', now(), 'UTC'));
--> statement-breakpoint
-- Makes the partition that holds `at`: a year each before the installation's own year, a month each
-- since. There can be no more than the years since 2000, the months of this installation and two ahead.
CREATE FUNCTION ensure_event_partition(at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  unit text := (SELECT CASE WHEN at < monthly_from THEN 'year' ELSE 'month' END FROM event_storage);
  low timestamptz := date_trunc(unit, at);
  high timestamptz := low + ('1 ' || unit)::interval;
  part text := to_char(low, CASE unit WHEN 'year' THEN '"events_"YYYY' ELSE '"events_"YYYY_MM' END);
BEGIN
  IF at IS NULL OR at < '2000-01-01Z' OR at > now() + interval '2 months' THEN
    RAISE EXCEPTION 'no partition is made for %', at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('event_partitions'));
  IF to_regclass(part) IS NULL THEN
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING ALL)', part);
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, low, high);
  END IF;
  RETURN part;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION touch_api_keys(jsonb), delete_expired_sessions(), user_overview(uuid[]),
  ensure_event_partition(timestamptz) FROM PUBLIC;
--> statement-breakpoint
SELECT ensure_event_partition(now()), ensure_event_partition(now() + interval '1 month');

CREATE TABLE events (
  user_id uuid NOT NULL,
  id uuid NOT NULL,
  agent_id uuid NOT NULL,
  api_key_id uuid NOT NULL,
  batch_id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  level smallint NOT NULL,
  message text,
  subject text COLLATE "C",
  trace_id text COLLATE "C",
  seq bigint,
  props jsonb,
  occurred_at timestamptz(3) NOT NULL,
  received_at timestamptz(3) NOT NULL,
  PRIMARY KEY (user_id, occurred_at, id)
) PARTITION BY RANGE (occurred_at);

CREATE TABLE event_ids (
  user_id uuid NOT NULL,
  id uuid NOT NULL,
  occurred_at timestamptz(3) NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (user_id, id)
);

CREATE TABLE receipts (
  user_id uuid NOT NULL,
  batch_id uuid NOT NULL,
  commit_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  position bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  event_ids uuid[] NOT NULL,
  event_times timestamptz(3)[] NOT NULL,
  PRIMARY KEY (user_id, batch_id)
);
CREATE INDEX receipts_tail ON receipts (user_id, commit_xid, position);

CREATE TABLE event_storage (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  monthly_from timestamptz NOT NULL DEFAULT date_trunc('year', now(), 'UTC')
);
INSERT INTO event_storage DEFAULT VALUES;

-- Makes the partition that holds `at`: a year before the installation's own year, a month since.
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
REVOKE ALL ON FUNCTION ensure_event_partition(timestamptz) FROM PUBLIC;

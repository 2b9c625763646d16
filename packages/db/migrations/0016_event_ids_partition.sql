-- The role of ingest fills partitions by COPY, which tables with policies refuse. A partition has none;
-- nobody else may touch it, and that role may only add rows. So the table of ids becomes a partition too.
ALTER TABLE event_ids RENAME TO event_ids_all;
--> statement-breakpoint
ALTER TABLE event_ids_all RENAME CONSTRAINT event_ids_user_id_id_pk TO event_ids_all_pkey;
--> statement-breakpoint
DO $$
DECLARE policy text; other text;
BEGIN
  FOR policy IN SELECT polname FROM pg_policy WHERE polrelid = 'event_ids_all'::regclass LOOP
    EXECUTE format('DROP POLICY %I ON event_ids_all', policy);
  END LOOP;
  FOR other IN
    SELECT DISTINCT grantee::regrole::text FROM (
      SELECT (aclexplode(relacl)).grantee FROM pg_class WHERE oid = 'event_ids_all'::regclass
      UNION ALL
      SELECT (aclexplode(attacl)).grantee FROM pg_attribute WHERE attrelid = 'event_ids_all'::regclass
    ) AS granted
    WHERE grantee <> (SELECT relowner FROM pg_class WHERE oid = 'event_ids_all'::regclass)
  LOOP
    EXECUTE format('REVOKE ALL ON event_ids_all FROM %s', other);
  END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE event_ids_all DISABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE TABLE event_ids (
  LIKE event_ids_all, CONSTRAINT event_ids_user_id_id_pk PRIMARY KEY (user_id, id)
) PARTITION BY RANGE (id);
--> statement-breakpoint
ALTER TABLE event_ids ATTACH PARTITION event_ids_all DEFAULT;
--> statement-breakpoint
ALTER TABLE event_ids ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_ids USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
-- As before, and who may insert events may fill the new partition.
CREATE OR REPLACE FUNCTION ensure_event_partition(at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  unit text := (SELECT CASE WHEN at < monthly_from THEN 'year' ELSE 'month' END FROM event_storage);
  low timestamptz := date_trunc(unit, at);
  high timestamptz := low + ('1 ' || unit)::interval;
  part text := to_char(low, CASE unit WHEN 'year' THEN '"events_"YYYY' ELSE '"events_"YYYY_MM' END);
  filler text;
BEGIN
  IF at IS NULL OR at < '2000-01-01Z' OR at > now() + interval '2 months' THEN
    RAISE EXCEPTION 'no partition is made for %', at USING ERRCODE = 'datetime_field_overflow';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('event_partitions'));
  IF to_regclass(part) IS NULL THEN
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING ALL)', part);
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, low, high);
    FOR filler IN
      SELECT DISTINCT grantee::regrole::text FROM pg_class CROSS JOIN aclexplode(relacl)
      WHERE oid = 'events'::regclass AND privilege_type = 'INSERT' AND grantee <> relowner
    LOOP
      EXECUTE format('GRANT INSERT ON %I TO %s', part, filler);
    END LOOP;
  END IF;
  RETURN part;
END $$;

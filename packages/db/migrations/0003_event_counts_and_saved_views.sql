CREATE TABLE "event_count_changes" (
	"user_id" uuid NOT NULL,
	"start" timestamp (3) with time zone NOT NULL,
	"agent_id" uuid NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"level" smallint NOT NULL,
	"count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_counts" (
	"user_id" uuid NOT NULL,
	"minutes" smallint NOT NULL,
	"apart" smallint NOT NULL,
	"start" timestamp (3) with time zone NOT NULL,
	"agent_id" uuid NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"level" smallint NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "event_counts_pk" PRIMARY KEY("user_id","minutes","apart","start","agent_id","type","level")
);
--> statement-breakpoint
CREATE TABLE "saved_views" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"query" text NOT NULL,
	"display" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "retention_days" integer;--> statement-breakpoint
ALTER TABLE "saved_views" ADD CONSTRAINT "saved_views_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_count_changes_user_id" ON "event_count_changes" USING btree ("user_id","start");--> statement-breakpoint
CREATE INDEX "saved_views_user_id_idx" ON "saved_views" USING btree ("user_id","created_at","id");--> statement-breakpoint
-- An update changes no indexed column, so that with room on the page it writes no index.
ALTER TABLE event_counts SET (fillfactor = 80);
--> statement-breakpoint
-- Filled and emptied all the time.
ALTER TABLE event_count_changes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
--> statement-breakpoint
ALTER TABLE event_counts ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_counts USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE event_count_changes ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_count_changes USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE saved_views ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON saved_views USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
-- What was stored before there were counts.
INSERT INTO event_count_changes (user_id, start, agent_id, type, level, count)
SELECT user_id, date_bin('15 minutes', occurred_at, '1970-01-01Z'), agent_id, type, level, count(*)
FROM events GROUP BY 1, 2, 3, 4, 5;
--> statement-breakpoint
-- Adds up to `most` changes to the counts and answers how many; 0 while another does it. Only here are
-- counts changed, under one lock, so writers of events never wait for each other's counts.
CREATE FUNCTION fold_event_counts(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE folded integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('event_counts')) THEN RETURN 0; END IF;
  WITH taken AS (
    DELETE FROM event_count_changes
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_count_changes LIMIT most))
    RETURNING user_id, start, agent_id, type, level, count
  ), quarters AS (
    SELECT user_id, start, agent_id, type, level, sum(count) AS count FROM taken GROUP BY 1, 2, 3, 4, 5
  ), added AS (
    INSERT INTO event_counts AS known (user_id, minutes, apart, start, agent_id, type, level, count)
    SELECT user_id, m.minutes, a.apart, date_bin(m.minutes * interval '1 minute', start, '1970-01-01Z'),
      CASE WHEN a.apart & 1 = 1 THEN agent_id ELSE '00000000-0000-0000-0000-000000000000' END,
      CASE WHEN a.apart & 2 = 2 THEN type ELSE '' END, level, sum(count)
    FROM quarters CROSS JOIN (VALUES (15), (360)) AS m (minutes) CROSS JOIN generate_series(0, 3) AS a (apart)
    GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(count) <> 0
    ON CONFLICT (user_id, minutes, apart, start, agent_id, type, level)
      DO UPDATE SET count = known.count + excluded.count
  )
  SELECT count(*) FROM taken INTO folded;
  RETURN folded;
END $$;
--> statement-breakpoint
-- Removes up to `most` counts of nothing that lie before a time.
CREATE FUNCTION delete_empty_event_counts(before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE deleted integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('event_counts'));
  WITH gone AS (
    DELETE FROM event_counts
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_counts WHERE start < before AND count = 0 LIMIT most))
    RETURNING 1
  )
  SELECT count(*) FROM gone INTO deleted;
  RETURN deleted;
END $$;
--> statement-breakpoint
-- The oldest partition of which nothing lies at or after `before`, or null.
CREATE FUNCTION expired_event_partition(before timestamptz) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
  SELECT name FROM (
    SELECT relname::text AS name, CASE
        WHEN relname ~ '^events_\d{4}$' THEN (right(relname, 4) || '-01-01')::timestamptz + interval '1 year'
        WHEN relname ~ '^events_\d{4}_\d{2}$'
          THEN (replace(right(relname, 7), '_', '-') || '-01')::timestamptz + interval '1 month'
      END AS ends
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'events'::regclass
  ) AS partitions
  WHERE ends <= least(before, now()) ORDER BY ends LIMIT 1
$$;
--> statement-breakpoint
-- Deletes the events that lie in `blocks` blocks of an expired partition, with their ids; answers
-- whether there are blocks behind them. By place on disk, so that nothing is looked at twice.
CREATE FUNCTION delete_event_blocks(part text, first_block bigint, blocks integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF part IS DISTINCT FROM expired_event_partition(now()) THEN
    RAISE EXCEPTION '% is not the oldest partition', part USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format(
    'WITH gone AS (
      DELETE FROM %I WHERE ctid >= $1::tid AND ctid < $2::tid
      RETURNING user_id, id, agent_id, type, level, occurred_at
    ), ids AS (
      DELETE FROM event_ids USING gone WHERE event_ids.user_id = gone.user_id AND event_ids.id = gone.id
    )
    INSERT INTO event_count_changes (user_id, start, agent_id, type, level, count)
    SELECT user_id, date_bin(''15 minutes'', occurred_at, ''1970-01-01Z''), agent_id, type, level, -count(*)
    FROM gone GROUP BY 1, 2, 3, 4, 5', part)
    USING format('(%s,0)', first_block), format('(%s,0)', first_block + blocks);
  RETURN (first_block + blocks) * current_setting('block_size')::bigint
    < pg_relation_size(part::regclass);
END $$;
--> statement-breakpoint
-- Drops an expired partition once it is empty; answers whether it did. Waits a fifth of a second for
-- those who read events, and leaves it for later when they take longer.
CREATE FUNCTION drop_event_partition(part text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE filled boolean;
BEGIN
  IF part IS DISTINCT FROM expired_event_partition(now()) THEN
    RAISE EXCEPTION '% is not the oldest partition', part USING ERRCODE = 'invalid_parameter_value';
  END IF;
  LOCK TABLE events IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part) INTO filled;
  IF filled THEN RETURN false; END IF;
  EXECUTE format('DROP TABLE %I', part);
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION fold_event_counts(integer), delete_empty_event_counts(timestamptz, integer),
  expired_event_partition(timestamptz), delete_event_blocks(text, bigint, integer),
  drop_event_partition(text) FROM PUBLIC;

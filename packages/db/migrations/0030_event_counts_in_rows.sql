-- What was counted is counted anew, in rows that hold what four times as many of five levels held: it goes
-- back to what is to be added up, which charts read as well, so that they are right meanwhile.
INSERT INTO event_count_changes (user_id, start, agent_id, type, level, count)
SELECT user_id, start, agent_id, type, level, count FROM event_counts
WHERE minutes = 15 AND apart = 3 AND count <> 0 ORDER BY start, user_id;
--> statement-breakpoint
TRUNCATE event_counts;
--> statement-breakpoint
ALTER TABLE "event_counts" DROP CONSTRAINT "event_counts_pk";--> statement-breakpoint
ALTER TABLE "event_counts" DROP COLUMN "level";--> statement-breakpoint
ALTER TABLE "event_counts" DROP COLUMN "count";--> statement-breakpoint
ALTER TABLE "event_counts" ADD COLUMN "counts" bigint[] NOT NULL;--> statement-breakpoint
ALTER TABLE "event_counts" ADD CONSTRAINT "event_counts_pk" PRIMARY KEY("user_id","minutes","apart","start","agent_id","type");--> statement-breakpoint
CREATE FUNCTION add_counts(a bigint[], b bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY[
    a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5],
    a[6] + b[6], a[7] + b[7], a[8] + b[8], a[9] + b[9], a[10] + b[10],
    a[11] + b[11], a[12] + b[12], a[13] + b[13], a[14] + b[14], a[15] + b[15],
    a[16] + b[16], a[17] + b[17], a[18] + b[18], a[19] + b[19], a[20] + b[20]];
--> statement-breakpoint
-- Adds up to `most` changes to the counts and answers how many; 0 while another does it. Only here are
-- counts changed, under one lock, so writers of events never wait for each other's counts.
CREATE OR REPLACE FUNCTION fold_event_counts(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE folded integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('event_counts')) THEN RETURN 0; END IF;
  WITH taken AS (
    DELETE FROM event_count_changes
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_count_changes LIMIT most))
    RETURNING user_id, start, agent_id, type, level, count
  ), quarters AS (
    SELECT user_id, start, agent_id, type, level, sum(count) AS count FROM taken
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(count) <> 0
  ), placed AS (
    SELECT user_id, m.minutes, a.apart, r.start,
      CASE WHEN a.apart & 1 = 1 THEN agent_id ELSE '00000000-0000-0000-0000-000000000000' END AS agent_id,
      CASE WHEN a.apart & 2 = 2 THEN type ELSE '' END AS type,
      extract(epoch FROM quarters.start - r.start)::integer / (60 * m.minutes) * 5 + level + 1 AS place, count
    FROM quarters CROSS JOIN (VALUES (15), (360)) AS m (minutes) CROSS JOIN generate_series(0, 3) AS a (apart)
    CROSS JOIN LATERAL (
      SELECT date_bin(4 * m.minutes * interval '1 minute', quarters.start, '1970-01-01Z') AS start
    ) AS r
  ), added AS (
    INSERT INTO event_counts AS known (user_id, minutes, apart, start, agent_id, type, counts)
    SELECT user_id, minutes, apart, start, agent_id, type, ARRAY[
      coalesce(sum(count) FILTER (WHERE place = 1), 0),
      coalesce(sum(count) FILTER (WHERE place = 2), 0),
      coalesce(sum(count) FILTER (WHERE place = 3), 0),
      coalesce(sum(count) FILTER (WHERE place = 4), 0),
      coalesce(sum(count) FILTER (WHERE place = 5), 0),
      coalesce(sum(count) FILTER (WHERE place = 6), 0),
      coalesce(sum(count) FILTER (WHERE place = 7), 0),
      coalesce(sum(count) FILTER (WHERE place = 8), 0),
      coalesce(sum(count) FILTER (WHERE place = 9), 0),
      coalesce(sum(count) FILTER (WHERE place = 10), 0),
      coalesce(sum(count) FILTER (WHERE place = 11), 0),
      coalesce(sum(count) FILTER (WHERE place = 12), 0),
      coalesce(sum(count) FILTER (WHERE place = 13), 0),
      coalesce(sum(count) FILTER (WHERE place = 14), 0),
      coalesce(sum(count) FILTER (WHERE place = 15), 0),
      coalesce(sum(count) FILTER (WHERE place = 16), 0),
      coalesce(sum(count) FILTER (WHERE place = 17), 0),
      coalesce(sum(count) FILTER (WHERE place = 18), 0),
      coalesce(sum(count) FILTER (WHERE place = 19), 0),
      coalesce(sum(count) FILTER (WHERE place = 20), 0)
    ]::bigint[]
    FROM placed GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (user_id, minutes, apart, start, agent_id, type)
      DO UPDATE SET counts = add_counts(known.counts, excluded.counts)
  )
  SELECT count(*) FROM taken INTO folded;
  RETURN folded;
END $$;
--> statement-breakpoint
-- Removes up to `most` rows of counts of nothing that lie before a time.
CREATE OR REPLACE FUNCTION delete_empty_event_counts(before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE deleted integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('event_counts'));
  WITH gone AS (
    DELETE FROM event_counts
    WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM event_counts WHERE start < before AND 0 = ALL (counts) LIMIT most))
    RETURNING 1
  )
  SELECT count(*) FROM gone INTO deleted;
  RETURN deleted;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION add_counts(bigint[], bigint[]) FROM PUBLIC;

ALTER TABLE "event_index" ADD COLUMN "is_behind" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "event_index_behind_idx" ON "event_index" USING btree ("user_id") WHERE "event_index"."is_behind";--> statement-breakpoint
INSERT INTO event_index (user_id, cluster, commit_xid, position, accepted, is_behind)
SELECT user_id, '', '0'::xid8, 0, 0, true FROM users_to_index(256, 2147483647)
ON CONFLICT (user_id) DO UPDATE SET is_behind = true;
--> statement-breakpoint
-- Adds up to `most` changes to the counters and the sequences of agents, and answers how many; 0 while
-- another does it. Only here are they changed, so those who store events never wait for each other.
-- Marks as behind whoever may have enough to be summed up: at every 64th event that a key brings, beginning
-- elsewhere for each, so that many keys of few events are not all behind at once.
CREATE OR REPLACE FUNCTION fold_agent_counters(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE folded integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('agent_counters')) THEN RETURN 0; END IF;
  WITH taken AS (
    DELETE FROM agent_counter_changes
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM agent_counter_changes LIMIT most))
    RETURNING *
  ), keys AS (
    SELECT user_id, agent_id, api_key_id, sum(batches) AS batches, sum(sent) AS sent,
      sum(accepted)::bigint AS accepted, sum(duplicates) AS duplicates, sum(rejected) AS rejected,
      max(last_received_at) AS last_received_at
    FROM taken GROUP BY 1, 2, 3
  ), added AS (
    INSERT INTO agent_counters AS known (user_id, agent_id, api_key_id, batches, sent, accepted,
      duplicates, rejected, last_received_at)
    SELECT * FROM keys
    ON CONFLICT (user_id, agent_id, api_key_id) DO UPDATE SET
      batches = known.batches + excluded.batches, sent = known.sent + excluded.sent,
      accepted = known.accepted + excluded.accepted,
      duplicates = known.duplicates + excluded.duplicates,
      rejected = known.rejected + excluded.rejected,
      last_received_at = greatest(known.last_received_at, excluded.last_received_at)
    RETURNING known.user_id, known.agent_id, known.api_key_id, known.accepted
  ), marked AS (
    INSERT INTO event_index (user_id, cluster, commit_xid, position, accepted, is_behind)
    SELECT DISTINCT user_id, '', '0'::xid8, 0, 0, true
    FROM added JOIN keys USING (user_id, agent_id, api_key_id)
      CROSS JOIN LATERAL (SELECT added.accepted + (hashtext(api_key_id::text) & 63) AS place) AS at
    WHERE place / 64 > (place - keys.accepted) / 64
      AND NOT EXISTS (SELECT FROM event_index i WHERE i.user_id = added.user_id AND i.is_behind)
    ON CONFLICT (user_id) DO UPDATE SET is_behind = true
  ), arrived AS (
    SELECT user_id, agent_id, range_agg(seqs) AS seqs
    FROM taken WHERE seqs IS NOT NULL GROUP BY 1, 2
  ), sequences AS (
    SELECT user_id, agent_id, coalesce(lost, 0) AS lost, seqs + coalesce(seen, '{}') AS seen
    FROM arrived LEFT JOIN agent_sequences USING (user_id, agent_id)
  ), bounded AS (
    SELECT user_id, agent_id, close_old_gaps(seen, 100) AS seen,
      lost + size_of(close_old_gaps(seen, 100)) - size_of(seen) AS lost
    FROM sequences
  ), numbered AS (
    INSERT INTO agent_sequences (user_id, agent_id, seen, lost)
    SELECT user_id, agent_id, seen, lost FROM bounded
    ON CONFLICT (user_id, agent_id) DO UPDATE SET seen = excluded.seen, lost = excluded.lost
  )
  SELECT count(*) FROM taken INTO folded;
  RETURN folded;
END $$;
--> statement-breakpoint
-- Who has at least so many events that are not in the index, those with the most first; with the number
-- that have been accepted of them. Looks at those who are marked, and takes the mark from those with fewer,
-- under the lock of what sets it.
CREATE OR REPLACE FUNCTION users_to_index(fewest integer, most integer) RETURNS TABLE (user_id uuid, accepted bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT pg_advisory_xact_lock(hashtext('agent_counters'));
  WITH marked AS MATERIALIZED (
    SELECT i.user_id, counted.accepted, counted.accepted - i.accepted AS waiting
    FROM event_index i CROSS JOIN LATERAL (
      SELECT coalesce(sum(c.accepted), 0)::bigint AS accepted FROM agent_counters c WHERE c.user_id = i.user_id
    ) AS counted
    WHERE i.is_behind
  ), caught_up AS (
    UPDATE event_index i SET is_behind = false
    WHERE i.user_id = ANY (ARRAY(
      SELECT l.user_id FROM event_index l
      WHERE l.is_behind AND l.user_id IN (SELECT m.user_id FROM marked m WHERE m.waiting < fewest)
      FOR UPDATE SKIP LOCKED))
  )
  SELECT m.user_id, m.accepted FROM marked m WHERE m.waiting >= fewest ORDER BY m.waiting DESC LIMIT most
$$;
--> statement-breakpoint
-- Which rules, of everyone or of some, have something to look at: those that fire, those whose user has
-- had events since, and those that were restored, whose places mean nothing here. One of each user comes
-- before a second of any. In the order of their index one receipt is found by it: EXISTS reads all of them
-- where most are of one user.
CREATE OR REPLACE FUNCTION due_alert_rules(at timestamptz, most integer, whose uuid[] DEFAULT NULL)
RETURNS TABLE (user_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.user_id, r.id FROM alert_rules r JOIN users u ON u.id = r.user_id
  WHERE r.enabled AND r.next_check_at <= at AND u.disabled_at IS NULL
    AND (whose IS NULL OR r.user_id = ANY (whose))
    AND (r.firing_id IS NOT NULL
      OR r.xmin <> r.written_xid::xid
      OR r.seen_xid >= pg_snapshot_xmax(pg_current_snapshot())
      OR (
        SELECT true FROM receipts e
        WHERE e.user_id = r.user_id AND (e.commit_xid, e.position) > (r.seen_xid, r.seen_position)
          AND e.commit_xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY e.commit_xid, e.position LIMIT 1
      ))
  ORDER BY row_number() OVER (PARTITION BY r.user_id ORDER BY r.next_check_at), r.next_check_at LIMIT most
$$;--> statement-breakpoint
-- What a node of the version before adds up meanwhile would be of the same rows, in another order.
SELECT pg_advisory_xact_lock(hashtext('event_counts'));--> statement-breakpoint
DELETE FROM event_counts WHERE 0 = ALL (counts);--> statement-breakpoint
DROP FUNCTION delete_empty_event_counts(timestamptz, integer);--> statement-breakpoint
-- Adds up to `most` changes to the counts and answers how many; 0 while another does it. Only here are
-- counts changed, under one lock, so writers of events never wait for each other's counts. A row of nothing
-- goes at once, so that none has to be looked for.
CREATE OR REPLACE FUNCTION fold_event_counts(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE folded integer; emptied tid[];
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
    RETURNING known.ctid AS place, 0 = ALL (known.counts) AS is_empty
  )
  SELECT (SELECT count(*) FROM taken), array_agg(place) FILTER (WHERE is_empty) FROM added INTO folded, emptied;
  IF emptied IS NOT NULL THEN DELETE FROM event_counts WHERE ctid = ANY (emptied); END IF;
  RETURN folded;
END $$;

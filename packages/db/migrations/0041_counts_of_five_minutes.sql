-- What is stored already is counted by five minutes from the events themselves, while nobody stores or
-- deletes any, or adds up counts: what is still to be added up is added before, without the new counts.
SELECT pg_advisory_xact_lock(hashtext('event_counts'));--> statement-breakpoint
LOCK TABLE event_count_changes IN EXCLUSIVE MODE;--> statement-breakpoint
DO $$ BEGIN
  WHILE fold_event_counts(10000) > 0 LOOP END LOOP;
END $$;--> statement-breakpoint
INSERT INTO event_counts (user_id, minutes, apart, start, agent_id, type, counts)
SELECT user_id, 5, 0, start, '00000000-0000-0000-0000-000000000000', '', ARRAY[
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
]
FROM (
  SELECT user_id, start, floor(extract(epoch FROM occurred_at - start))::integer / 300 * 5 + level + 1 AS place,
    count(*) AS count
  FROM (
    SELECT user_id, level, occurred_at, date_bin('20 minutes', occurred_at, '1970-01-01Z') AS start FROM events
  ) AS binned GROUP BY 1, 2, 3
) AS placed GROUP BY user_id, start;--> statement-breakpoint
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
  ), summed AS (
    SELECT user_id, start, agent_id, type, level, sum(count) AS count FROM taken
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(count) <> 0
  ), placed AS (
    SELECT user_id, m.minutes, a.apart, r.start,
      CASE WHEN a.apart & 1 = 1 THEN agent_id ELSE '00000000-0000-0000-0000-000000000000' END AS agent_id,
      CASE WHEN a.apart & 2 = 2 THEN type ELSE '' END AS type,
      extract(epoch FROM summed.start - r.start)::integer / (60 * m.minutes) * 5 + level + 1 AS place, count
    FROM summed CROSS JOIN (VALUES (5), (15), (360)) AS m (minutes)
    JOIN generate_series(0, 3) AS a (apart) ON m.minutes > 5 OR a.apart = 0
    CROSS JOIN LATERAL (
      SELECT date_bin(4 * m.minutes * interval '1 minute', summed.start, '1970-01-01Z') AS start
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
--> statement-breakpoint
-- Deletes the events that lie in `blocks` blocks of an expired partition, with their ids; answers
-- whether there are blocks behind them. By place on disk, so that nothing is looked at twice.
CREATE OR REPLACE FUNCTION delete_event_blocks(part text, first_block bigint, blocks integer) RETURNS boolean
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
    SELECT user_id, date_bin(''5 minutes'', occurred_at, ''1970-01-01Z''), agent_id, type, level, -count(*)
    FROM gone GROUP BY 1, 2, 3, 4, 5', part)
    USING format('(%s,0)', first_block), format('(%s,0)', first_block + blocks);
  RETURN (first_block + blocks) * current_setting('block_size')::bigint
    < pg_relation_size(part::regclass);
END $$;

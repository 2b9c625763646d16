CREATE TABLE "agent_counter_changes" (
	"user_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"api_key_id" uuid NOT NULL,
	"batches" bigint NOT NULL,
	"sent" bigint NOT NULL,
	"accepted" bigint NOT NULL,
	"duplicates" bigint NOT NULL,
	"rejected" bigint NOT NULL,
	"last_received_at" timestamp (3) with time zone NOT NULL,
	"seqs" "int8multirange"
);
--> statement-breakpoint
CREATE TABLE "agent_sequences" (
	"user_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"seen" "int8multirange" NOT NULL,
	"lost" bigint NOT NULL,
	CONSTRAINT "agent_sequences_user_id_agent_id_pk" PRIMARY KEY("user_id","agent_id")
);
--> statement-breakpoint
CREATE INDEX "agent_counter_changes_user_id" ON "agent_counter_changes" USING btree ("user_id","agent_id");--> statement-breakpoint
CREATE VIEW "public"."agent_totals" WITH (security_invoker = true) AS (
    select user_id, agent_id, api_key_id, sum(batches)::bigint as batches, sum(sent)::bigint as sent,
      sum(accepted)::bigint as accepted, sum(duplicates)::bigint as duplicates,
      sum(rejected)::bigint as rejected, max(last_received_at) as last_received_at
    from (
      select user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected, last_received_at
      from agent_counters
      union all
      select user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected, last_received_at
      from agent_counter_changes
    ) as all_counters
    group by user_id, agent_id, api_key_id);
--> statement-breakpoint
ALTER TABLE agent_counter_changes ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON agent_counter_changes USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE agent_sequences ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON agent_sequences USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
-- Counters are changed by the function below only; the start gives the ingest role what it needs instead.
DROP POLICY IF EXISTS ingest_count ON agent_counters;
--> statement-breakpoint
-- Filled and emptied all the time.
ALTER TABLE agent_counter_changes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
--> statement-breakpoint
-- A receipt of 100 events is 2.4 KB that do not compress: kept in the row, it is written once.
ALTER TABLE receipts SET (toast_tuple_target = 8160);
--> statement-breakpoint
-- How many numbers are in a set.
CREATE FUNCTION size_of(numbers int8multirange) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(numbers) AS r);
--> statement-breakpoint
-- A set with at most `most` ranges apart: the gaps between the lower ones are closed.
CREATE FUNCTION close_old_gaps(numbers int8multirange, most integer) RETURNS int8multirange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN numbers + coalesce((
    SELECT int8multirange(int8range(lower(numbers), lower(r)))
    FROM unnest(numbers) AS r ORDER BY r DESC OFFSET most - 1 LIMIT 1
  ), '{}');
--> statement-breakpoint
-- Adds up to `most` changes to the counters and the sequences of agents, and answers how many; 0 while
-- another does it. Only here are they changed, so those who store events never wait for each other.
CREATE FUNCTION fold_agent_counters(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE folded integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('agent_counters')) THEN RETURN 0; END IF;
  WITH taken AS (
    DELETE FROM agent_counter_changes
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM agent_counter_changes LIMIT most))
    RETURNING *
  ), added AS (
    INSERT INTO agent_counters AS known (user_id, agent_id, api_key_id, batches, sent, accepted,
      duplicates, rejected, last_received_at)
    SELECT user_id, agent_id, api_key_id, sum(batches), sum(sent), sum(accepted), sum(duplicates),
      sum(rejected), max(last_received_at)
    FROM taken GROUP BY 1, 2, 3
    ON CONFLICT (user_id, agent_id, api_key_id) DO UPDATE SET
      batches = known.batches + excluded.batches, sent = known.sent + excluded.sent,
      accepted = known.accepted + excluded.accepted,
      duplicates = known.duplicates + excluded.duplicates,
      rejected = known.rejected + excluded.rejected,
      last_received_at = greatest(known.last_received_at, excluded.last_received_at)
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
REVOKE ALL ON FUNCTION size_of(int8multirange), close_old_gaps(int8multirange, integer),
  fold_agent_counters(integer) FROM PUBLIC;

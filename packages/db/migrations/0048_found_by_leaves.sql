-- What entries are found by goes from their table to that of their places, which the sealer writes; it does not
-- while this lasts. Who waits for one of the two tables holds the other in no certain order, so both are locked
-- at once or not at all.
SELECT pg_advisory_xact_lock(hashtext('muniment audit log'));--> statement-breakpoint
DO $$ BEGIN
  FOR try IN 1..600 LOOP
    BEGIN
      LOCK TABLE audit_entries, audit_leaves IN ACCESS EXCLUSIVE MODE NOWAIT;
      RETURN;
    EXCEPTION WHEN lock_not_available THEN PERFORM pg_sleep(0.05);
    END;
  END LOOP;
  RAISE EXCEPTION 'the audit log is in use; stop all servers of this database';
END $$;--> statement-breakpoint
-- Made anew, as an update of every row would leave the table twice as large.
ALTER TABLE "audit_leaves" RENAME TO "audit_leaves_before";--> statement-breakpoint
CREATE TABLE "audit_leaves" (
	"index" bigint NOT NULL,
	"entry_id" uuid NOT NULL,
	"hash" "bytea" NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" uuid,
	"action" text NOT NULL,
	"target_kind" text,
	"target_id" text,
	"outcome" text NOT NULL,
	"subjects" jsonb,
	"everyone" boolean NOT NULL
);
--> statement-breakpoint
-- The place of an entry that somebody deleted is kept: it is what tells.
INSERT INTO "audit_leaves"
SELECT l.index, l.entry_id, l.hash, coalesce(e.at, now()), coalesce(e.actor_kind, ''), e.actor_id,
  coalesce(e.action, ''), e.target_kind, e.target_id, coalesce(e.outcome, ''), e.details -> 'subjects',
  (e.details -> 'everyone') IS NOT NULL
FROM audit_leaves_before l LEFT JOIN audit_entries e ON e.id = l.entry_id ORDER BY l.index;--> statement-breakpoint
DROP TABLE "audit_leaves_before";--> statement-breakpoint
ALTER TABLE "audit_leaves" ADD PRIMARY KEY ("index");--> statement-breakpoint
CREATE UNIQUE INDEX "audit_leaves_entry_key" ON "audit_leaves" USING btree ("entry_id");--> statement-breakpoint
CREATE INDEX "audit_leaves_at_idx" ON "audit_leaves" USING btree ("at","entry_id");--> statement-breakpoint
CREATE INDEX "audit_leaves_action_idx" ON "audit_leaves" USING btree ("action","at","entry_id");--> statement-breakpoint
CREATE INDEX "audit_leaves_actor_idx" ON "audit_leaves" USING btree ("actor_id","at","entry_id");--> statement-breakpoint
CREATE INDEX "audit_leaves_target_idx" ON "audit_leaves" USING btree ("target_id","at","entry_id");--> statement-breakpoint
CREATE INDEX "audit_leaves_subjects_idx" ON "audit_leaves" USING gin ("subjects" jsonb_path_ops) WHERE "audit_leaves"."subjects" is not null;--> statement-breakpoint
CREATE INDEX "audit_leaves_everyone_idx" ON "audit_leaves" USING btree ("at","entry_id") WHERE "audit_leaves"."everyone";--> statement-breakpoint
DROP INDEX "audit_entries_at_idx";--> statement-breakpoint
DROP INDEX "audit_entries_action_idx";--> statement-breakpoint
DROP INDEX "audit_entries_actor_idx";--> statement-breakpoint
DROP INDEX "audit_entries_target_idx";--> statement-breakpoint
DROP INDEX "audit_entries_subjects_idx";--> statement-breakpoint
DROP INDEX "audit_entries_everyone_idx";--> statement-breakpoint
-- Entries that have no place in the log yet, as the running statement sees them: of transactions that the last
-- checkpoint does not call settled, if it is of this server. A plan that is kept would be for no certain `since`,
-- and read the whole table.
CREATE FUNCTION unsealed_audit_entries() RETURNS SETOF audit_entries
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE since xid8;
BEGIN
  SELECT settled INTO since FROM (SELECT * FROM audit_checkpoints ORDER BY size DESC LIMIT 1) AS last
  WHERE cluster = (SELECT system_identifier::text FROM pg_control_system())
    AND settled <= pg_snapshot_xmax(pg_current_snapshot());
  RETURN QUERY SELECT e.* FROM audit_entries e
    WHERE e.xact >= coalesce(since, '0') AND NOT EXISTS (SELECT FROM audit_leaves l WHERE l.entry_id = e.id);
END $$;--> statement-breakpoint
REVOKE ALL ON FUNCTION unsealed_audit_entries() FROM PUBLIC;--> statement-breakpoint
CREATE VIEW "public"."audit_lookup" AS (
  select index, entry_id as id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, subjects, everyone
  from audit_leaves
  union all
  select null::bigint, id, at, actor_kind, actor_id, action, target_kind, target_id, outcome,
    details -> 'subjects', (details -> 'everyone') is not null
  from unsealed_audit_entries()
  union all
  select null::bigint, id, at, actor_kind, actor_id, action, target_kind, target_id, outcome,
    details -> 'subjects', (details -> 'everyone') is not null
  from audit_refusals
);--> statement-breakpoint
-- Whose keys acted in the audit log, for readers of it who see no keys of others. Of a key that was deleted
-- with its agent the log tells who made it; of an account that is gone nobody is told.
CREATE OR REPLACE FUNCTION api_key_owners(ids uuid[]) RETURNS TABLE (key_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH asked AS MATERIALIZED (
    SELECT one.id, k.user_id FROM unnest(ids) AS one (id) LEFT JOIN api_keys k ON k.id = one.id
  ), made AS (
    SELECT DISTINCT ON (e.target_id) e.target_id, u.id
    FROM audit_lookup e JOIN users u ON u.id = e.actor_id
    WHERE EXISTS (SELECT FROM asked WHERE user_id IS NULL)
      AND e.target_id = ANY (ARRAY(SELECT id::text FROM asked WHERE user_id IS NULL))
      AND e.target_kind = 'api_key' AND e.action = 'api_key.created'
  )
  SELECT asked.id, coalesce(asked.user_id, made.id)
  FROM asked LEFT JOIN made ON made.target_id = asked.id::text
  WHERE coalesce(asked.user_id, made.id) IS NOT NULL
$$;

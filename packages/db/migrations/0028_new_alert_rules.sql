CREATE INDEX "alert_rules_new_idx" ON "alert_rules" USING btree ("user_id","id") WHERE "alert_rules"."earlier_xid" is not null;--> statement-breakpoint
-- Which rules, of everyone or of some, have something to look at: those that fire, those whose user has
-- had events since, and those that were restored, whose places mean nothing here. One of each user comes
-- before a second of any.
CREATE OR REPLACE FUNCTION due_alert_rules(at timestamptz, most integer, whose uuid[] DEFAULT NULL)
RETURNS TABLE (user_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.user_id, r.id FROM alert_rules r JOIN users u ON u.id = r.user_id
  WHERE r.enabled AND r.next_check_at <= at AND u.disabled_at IS NULL
    AND (whose IS NULL OR r.user_id = ANY (whose))
    AND (r.firing_id IS NOT NULL
      OR r.xmin <> r.written_xid::xid
      OR r.seen_xid >= pg_snapshot_xmax(pg_current_snapshot())
      OR EXISTS (
        SELECT FROM receipts e
        WHERE e.user_id = r.user_id AND (e.commit_xid, e.position) > (r.seen_xid, r.seen_position)
          AND e.commit_xid < pg_snapshot_xmin(pg_current_snapshot())
      ))
  ORDER BY row_number() OVER (PARTITION BY r.user_id ORDER BY r.next_check_at), r.next_check_at LIMIT most
$$;--> statement-breakpoint
-- Which rules have not looked at all that had arrived before they were made, in the same order.
CREATE FUNCTION new_alert_rules(most integer) RETURNS TABLE (user_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.user_id, r.id FROM alert_rules r JOIN users u ON u.id = r.user_id
  WHERE r.earlier_xid IS NOT NULL AND r.enabled AND r.problem IS NULL AND u.disabled_at IS NULL
  ORDER BY row_number() OVER (PARTITION BY r.user_id ORDER BY r.id), r.id LIMIT most
$$;--> statement-breakpoint
REVOKE ALL ON FUNCTION new_alert_rules(integer) FROM PUBLIC;

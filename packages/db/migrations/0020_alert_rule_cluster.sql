ALTER TABLE "alert_rules" ADD COLUMN "seen_cluster" text DEFAULT '' NOT NULL;--> statement-breakpoint
UPDATE alert_rules SET seen_cluster = system_identifier::text FROM pg_control_system();--> statement-breakpoint
ALTER TABLE "alert_rules" ALTER COLUMN "seen_cluster" DROP DEFAULT;--> statement-breakpoint
-- Which rules have something to look at: those that fire, those whose user has had events since, and
-- those that looked last in another cluster, whose places mean nothing here.
CREATE OR REPLACE FUNCTION due_alert_rules(at timestamptz, most integer) RETURNS TABLE (user_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.user_id, r.id FROM alert_rules r JOIN users u ON u.id = r.user_id
  WHERE r.enabled AND r.next_check_at <= at AND u.disabled_at IS NULL
    AND (r.firing_id IS NOT NULL
      OR r.seen_cluster <> (SELECT system_identifier::text FROM pg_control_system())
      OR r.seen_xid >= pg_snapshot_xmax(pg_current_snapshot())
      OR EXISTS (
        SELECT FROM receipts e
        WHERE e.user_id = r.user_id AND (e.commit_xid, e.position) > (r.seen_xid, r.seen_position)
          AND e.commit_xid < pg_snapshot_xmin(pg_current_snapshot())
      ))
  ORDER BY r.next_check_at LIMIT most
$$;

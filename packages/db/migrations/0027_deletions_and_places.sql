ALTER TABLE "alert_rules" ADD COLUMN "earlier_xid" "xid8";--> statement-breakpoint
ALTER TABLE "alert_rules" ADD COLUMN "earlier_position" bigint;--> statement-breakpoint
ALTER TABLE "event_exports" ADD COLUMN "fetches" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- Deletes a user, and by their references all that is the user's. Others lock one of the user's rows and
-- then need the user's own: before they could wait for each other, what is locked here is given back, and
-- tried again.
CREATE FUNCTION delete_user(doomed uuid) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
  LOOP
    BEGIN
      DELETE FROM users WHERE id = doomed;
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      PERFORM pg_sleep(0.02);
    END;
  END LOOP;
END
$$;--> statement-breakpoint
-- Which rules, of everyone or of some, have something to look at: those that fire, those whose user has
-- had events since, those that have not looked at all that was there before, and those that were restored,
-- whose places mean nothing here. One of each user comes before a second of any.
CREATE OR REPLACE FUNCTION due_alert_rules(at timestamptz, most integer, whose uuid[] DEFAULT NULL)
RETURNS TABLE (user_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.user_id, r.id FROM alert_rules r JOIN users u ON u.id = r.user_id
  WHERE r.enabled AND r.next_check_at <= at AND u.disabled_at IS NULL
    AND (whose IS NULL OR r.user_id = ANY (whose))
    AND (r.firing_id IS NOT NULL
      OR r.earlier_xid IS NOT NULL
      OR r.xmin <> r.written_xid::xid
      OR r.seen_xid >= pg_snapshot_xmax(pg_current_snapshot())
      OR EXISTS (
        SELECT FROM receipts e
        WHERE e.user_id = r.user_id AND (e.commit_xid, e.position) > (r.seen_xid, r.seen_position)
          AND e.commit_xid < pg_snapshot_xmin(pg_current_snapshot())
      ))
  ORDER BY row_number() OVER (PARTITION BY r.user_id ORDER BY r.next_check_at), r.next_check_at LIMIT most
$$;--> statement-breakpoint
REVOKE ALL ON FUNCTION delete_user(uuid) FROM PUBLIC;

ALTER TABLE "alert_rules" ADD COLUMN "written_xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
-- No row is of transaction 0: those that looked last in another cluster have yet to move here.
UPDATE alert_rules SET written_xid = CASE
  WHEN seen_cluster = (SELECT system_identifier::text FROM pg_control_system()) THEN pg_current_xact_id()
  ELSE '0'::xid8 END;--> statement-breakpoint
ALTER TABLE "alert_rules" DROP COLUMN "seen_cluster";--> statement-breakpoint
CREATE FUNCTION set_written_xid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.written_xid := pg_current_xact_id();
  RETURN NEW;
END
$$;--> statement-breakpoint
CREATE TRIGGER written_xid BEFORE UPDATE ON alert_rules FOR EACH ROW
  WHEN (NEW.written_xid = OLD.written_xid) EXECUTE FUNCTION set_written_xid();--> statement-breakpoint
DROP FUNCTION due_alert_rules(timestamptz, integer);--> statement-breakpoint
-- Which rules, of everyone or of some, have something to look at: those that fire, those whose user has
-- had events since, and those that were restored, whose places mean nothing here.
CREATE FUNCTION due_alert_rules(at timestamptz, most integer, whose uuid[] DEFAULT NULL)
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
  ORDER BY r.next_check_at LIMIT most
$$;--> statement-breakpoint
REVOKE ALL ON FUNCTION due_alert_rules(timestamptz, integer, uuid[]) FROM PUBLIC;

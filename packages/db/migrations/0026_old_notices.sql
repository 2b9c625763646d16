-- Whatever became of a delivery; and of firings by when they were over, as a rule may fire for months.
CREATE OR REPLACE FUNCTION delete_old_notices(before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM webhook_deliveries WHERE created_at < before;
  DELETE FROM alert_firings WHERE opened_at < before AND resolved_at < before;
$$;

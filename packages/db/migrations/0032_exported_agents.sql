ALTER TABLE "event_exports" ADD COLUMN "agents" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
-- Whose keys acted in the audit log, for readers of it who see no keys of others.
CREATE FUNCTION api_key_owners(ids uuid[]) RETURNS TABLE (key_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT k.id, k.user_id FROM api_keys k WHERE k.id = ANY (ids)
$$;--> statement-breakpoint
REVOKE ALL ON FUNCTION api_key_owners(uuid[]) FROM PUBLIC;

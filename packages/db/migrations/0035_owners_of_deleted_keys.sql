-- Whose keys acted in the audit log, for readers of it who see no keys of others. Of a key that was deleted
-- with its agent the log tells who made it; of an account that is gone nobody is told.
CREATE OR REPLACE FUNCTION api_key_owners(ids uuid[]) RETURNS TABLE (key_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT asked.id, found.id
  FROM unnest(ids) AS asked (id) CROSS JOIN LATERAL (
    SELECT coalesce(
      (SELECT k.user_id FROM api_keys k WHERE k.id = asked.id),
      (SELECT u.id FROM audit_entries e JOIN users u ON u.id = e.actor_id
       WHERE e.target_id = asked.id::text AND e.target_kind = 'api_key' AND e.action = 'api_key.created'
       LIMIT 1)
    ) AS id
  ) AS found WHERE found.id IS NOT NULL
$$;

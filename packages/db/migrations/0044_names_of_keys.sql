-- What alerts about API keys call them by, for administrators and auditors, who see no keys of others.
CREATE FUNCTION api_key_names(ids uuid[]) RETURNS TABLE (id uuid, name text, prefix text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT k.id, k.name, k.prefix FROM api_keys k WHERE k.id = ANY (ids)
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION api_key_names(uuid[]) FROM PUBLIC;

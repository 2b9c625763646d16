-- How the keys of all users are kept, in numbers: whoever asks learns of no key and of no user.
CREATE FUNCTION api_key_totals(at timestamptz)
RETURNS TABLE (active bigint, unending bigint, unused bigint, anywhere bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*), count(*) FILTER (WHERE expires_at IS NULL),
    count(*) FILTER (WHERE coalesce(last_used_at, created_at) < at - interval '90 days'),
    -- Publishable keys are in pages, which are opened everywhere.
    count(*) FILTER (WHERE allowed_cidrs = '{}' AND origins = '{}')
  FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > at)
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION api_key_totals(timestamptz) FROM PUBLIC;

ALTER TABLE "api_keys" ADD COLUMN "origins" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
CREATE INDEX "api_keys_origins_idx" ON "api_keys" USING gin ("origins") WHERE "api_keys"."origins" <> '{}';--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_publishable_only_writes" CHECK ("api_keys"."origins" = '{}' or "api_keys"."scopes" = '{events:write}');
--> statement-breakpoint
-- Whether any user's living key is for pages of an origin: it says nothing of whose.
CREATE FUNCTION is_page_origin(asked text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM api_keys WHERE origins @> ARRAY[asked] AND origins <> '{}'
      AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
  )
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION is_page_origin(text) FROM PUBLIC;

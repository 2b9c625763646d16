ALTER TABLE "link_tokens" ADD COLUMN "id" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
ALTER TABLE "link_tokens" ADD COLUMN "user_id" uuid;--> statement-breakpoint
ALTER TABLE "link_tokens" ADD COLUMN "display_name" text;--> statement-breakpoint
ALTER TABLE "link_tokens" ADD COLUMN "password_hash" text;--> statement-breakpoint
ALTER TABLE "link_tokens" ADD CONSTRAINT "link_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "link_tokens_id_key" ON "link_tokens" USING btree ("id");--> statement-breakpoint
CREATE INDEX "link_tokens_user_id_idx" ON "link_tokens" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "link_tokens_created_at_idx" ON "link_tokens" USING btree ("purpose","created_at","id");
--> statement-breakpoint
ALTER TABLE link_tokens ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
-- A link about nobody's account yet (set-up, invitation, sign-up) is no user's row.
CREATE POLICY owner_or_bearer ON link_tokens
  USING (user_id IS NULL OR user_id = current_user_id() OR encode(hash, 'hex') = current_credential())
  WITH CHECK (user_id IS NULL OR user_id = current_user_id());
--> statement-breakpoint
CREATE FUNCTION delete_expired_links() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM link_tokens WHERE expires_at < now()
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION delete_expired_links() FROM PUBLIC;

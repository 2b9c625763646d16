ALTER TABLE "link_tokens" ADD COLUMN "invited_by" uuid;--> statement-breakpoint
ALTER TABLE "link_tokens" ADD CONSTRAINT "link_tokens_invited_by_users_id_fk" FOREIGN KEY ("invited_by") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "link_tokens_invited_by_idx" ON "link_tokens" USING btree ("invited_by");
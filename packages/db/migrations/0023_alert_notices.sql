CREATE TABLE "alert_notices" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"severity" text NOT NULL,
	"email" boolean NOT NULL,
	"webhook_ids" uuid[] NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "told_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "alert_notices" ADD CONSTRAINT "alert_notices_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alerts_told_at_idx" ON "alerts" USING btree ("told_at","severity");--> statement-breakpoint
-- What is known already is no news.
UPDATE alerts SET told_at = opened_at;--> statement-breakpoint
ALTER TABLE alert_notices ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY owner ON alert_notices USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());

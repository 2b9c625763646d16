CREATE TABLE "event_exports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"format" text NOT NULL,
	"query" text NOT NULL,
	"from" timestamp (3) with time zone,
	"to" timestamp (3) with time zone NOT NULL,
	"status" text NOT NULL,
	"rows" bigint DEFAULT 0 NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"first_at" timestamp (3) with time zone,
	"reached_at" timestamp (3) with time zone,
	"error" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "event_exports" ADD CONSTRAINT "event_exports_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_exports_user_id_idx" ON "event_exports" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "event_exports_created_at_idx" ON "event_exports" USING btree ("created_at");--> statement-breakpoint
ALTER TABLE event_exports ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_exports USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
CREATE FUNCTION delete_old_exports(before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM event_exports WHERE created_at < before
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION delete_old_exports(timestamptz) FROM PUBLIC;

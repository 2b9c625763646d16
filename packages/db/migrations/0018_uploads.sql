CREATE TABLE "stored_files" (
	"id" uuid PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"event_id" uuid,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"bytes" integer NOT NULL,
	"sha256" "bytea" NOT NULL,
	"sent_sha256" "bytea" NOT NULL,
	"scanned" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stored_files_created_at_idx" ON "stored_files" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "uploads_user_id_idx" ON "uploads" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "uploads_event_id_idx" ON "uploads" USING btree ("user_id","event_id","created_at","id");--> statement-breakpoint
ALTER TABLE uploads ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON uploads USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
-- No foreign key can name an event, whose key holds its time and whose partitions are dropped whole.
CREATE FUNCTION delete_uploads_of_gone_events(most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (
    DELETE FROM uploads WHERE id IN (
      SELECT u.id FROM uploads u
      WHERE u.event_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM event_ids e WHERE e.user_id = u.user_id AND e.id = u.event_id
      ) LIMIT most
    ) RETURNING 1
  )
  SELECT count(*)::integer FROM gone
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION delete_uploads_of_gone_events(integer) FROM PUBLIC;
--> statement-breakpoint
CREATE FUNCTION files_of_nothing(before timestamptz, most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT f.id FROM stored_files f
  WHERE f.created_at < before AND NOT EXISTS (SELECT FROM uploads u WHERE u.id = f.id)
  ORDER BY f.created_at LIMIT most
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION files_of_nothing(timestamptz, integer) FROM PUBLIC;

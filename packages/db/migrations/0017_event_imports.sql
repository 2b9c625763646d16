CREATE TABLE "event_import_pieces" (
	"user_id" uuid NOT NULL,
	"import_id" uuid NOT NULL,
	"start" bigint NOT NULL,
	"size" integer NOT NULL,
	"sealed" "bytea" NOT NULL,
	CONSTRAINT "event_import_pieces_import_id_start_pk" PRIMARY KEY("import_id","start")
);
--> statement-breakpoint
CREATE TABLE "event_import_rejects" (
	"user_id" uuid NOT NULL,
	"import_id" uuid NOT NULL,
	"line" bigint NOT NULL,
	"reason" text NOT NULL,
	"message" text NOT NULL,
	CONSTRAINT "event_import_rejects_import_id_line_pk" PRIMARY KEY("import_id","line")
);
--> statement-breakpoint
CREATE TABLE "event_imports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"name" text NOT NULL,
	"format" text NOT NULL,
	"columns" jsonb NOT NULL,
	"type" text,
	"allow_incomplete" boolean NOT NULL,
	"status" text NOT NULL,
	"size_bytes" bigint DEFAULT 0 NOT NULL,
	"received_bytes" bigint DEFAULT 0 NOT NULL,
	"body_bytes" bigint,
	"sha256" text,
	"promised_rows" bigint,
	"done_bytes" bigint DEFAULT 0 NOT NULL,
	"place" jsonb,
	"sent" bigint DEFAULT 0 NOT NULL,
	"accepted" bigint DEFAULT 0 NOT NULL,
	"duplicates" bigint DEFAULT 0 NOT NULL,
	"rejected" bigint DEFAULT 0 NOT NULL,
	"error" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "event_import_pieces" ADD CONSTRAINT "event_import_pieces_import_id_event_imports_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."event_imports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event_import_rejects" ADD CONSTRAINT "event_import_rejects_import_id_event_imports_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."event_imports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event_imports" ADD CONSTRAINT "event_imports_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event_imports" ADD CONSTRAINT "event_imports_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_imports_user_id_idx" ON "event_imports" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "event_imports_agent_id_idx" ON "event_imports" USING btree ("agent_id");--> statement-breakpoint
CREATE INDEX "event_imports_updated_at_idx" ON "event_imports" USING btree ("updated_at");
--> statement-breakpoint
ALTER TABLE event_imports ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_imports USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE event_import_pieces ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_import_pieces USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE event_import_rejects ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_import_rejects USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
-- Encrypted already, so that compressing it again is for nothing.
ALTER TABLE event_import_pieces ALTER COLUMN sealed SET STORAGE EXTERNAL;
--> statement-breakpoint
-- Files that nobody sends the rest of, or that no process goes on with.
CREATE FUNCTION give_up_imports(silent timestamptz, lost timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH given_up AS (
    UPDATE event_imports SET status = 'failed', updated_at = now(), error = CASE status
      WHEN 'receiving' THEN 'The rest of the file was not sent in time.'
      ELSE 'The server could not finish it.' END
    WHERE (status = 'receiving' AND updated_at < silent)
      OR (status IN ('queued', 'running') AND updated_at < lost)
    RETURNING id
  )
  DELETE FROM event_import_pieces WHERE import_id IN (SELECT id FROM given_up)
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION give_up_imports(timestamptz, timestamptz) FROM PUBLIC;
--> statement-breakpoint
CREATE FUNCTION delete_old_imports(before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM event_imports WHERE created_at < before AND status IN ('done', 'failed', 'cancelled')
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION delete_old_imports(timestamptz) FROM PUBLIC;

CREATE TABLE "data_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"wrapped" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erasures" (
	"id" uuid PRIMARY KEY NOT NULL,
	"erased_id" uuid NOT NULL,
	"cause" text NOT NULL,
	"erased_at" timestamp (3) with time zone NOT NULL,
	"cleaned_at" timestamp (3) with time zone,
	"facts" jsonb NOT NULL,
	"certificate" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "export_pieces" (
	"user_id" uuid NOT NULL,
	"export_id" uuid NOT NULL,
	"place" integer NOT NULL,
	"sealed" "bytea" NOT NULL,
	CONSTRAINT "export_pieces_export_id_place_pk" PRIMARY KEY("export_id","place")
);
--> statement-breakpoint
CREATE TABLE "exports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"rows_done" bigint DEFAULT 0 NOT NULL,
	"rows_total" bigint DEFAULT 0 NOT NULL,
	"size_bytes" bigint DEFAULT 0 NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"failed_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ticket_hash" "bytea",
	"ticket_expires_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "erase_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "erasure_id" uuid;--> statement-breakpoint
ALTER TABLE "export_pieces" ADD CONSTRAINT "export_pieces_export_id_exports_id_fk" FOREIGN KEY ("export_id") REFERENCES "public"."exports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exports" ADD CONSTRAINT "exports_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "data_keys_subject_key" ON "data_keys" USING btree ("subject");--> statement-breakpoint
CREATE UNIQUE INDEX "erasures_erased_id_key" ON "erasures" USING btree ("erased_id");--> statement-breakpoint
CREATE INDEX "exports_user_id_idx" ON "exports" USING btree ("user_id","requested_at","id");--> statement-breakpoint
CREATE INDEX "exports_expires_at_idx" ON "exports" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "users_erase_at_idx" ON "users" USING btree ("erase_at") WHERE "users"."erase_at" is not null;
--> statement-breakpoint
ALTER TABLE exports ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON exports USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE export_pieces ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON export_pieces USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
-- Encrypted already, so that compressing it again is for nothing.
ALTER TABLE export_pieces ALTER COLUMN sealed SET STORAGE EXTERNAL;
--> statement-breakpoint
CREATE FUNCTION delete_expired_exports() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM exports WHERE expires_at < now()
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION delete_expired_exports() FROM PUBLIC;

--> statement-breakpoint
-- The partitions that hold events of a user.
CREATE FUNCTION event_partitions_of(whose uuid) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  part text;
  holds boolean;
  found text[] := '{}';
BEGIN
  FOR part IN
    SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'events'::regclass
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE user_id = $1)', part) INTO holds USING whose;
    IF holds THEN found := found || part; END IF;
  END LOOP;
  RETURN found;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION event_partitions_of(uuid) FROM PUBLIC;

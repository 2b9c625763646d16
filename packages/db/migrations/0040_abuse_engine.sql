CREATE TABLE "key_places" (
	"api_key_id" uuid NOT NULL,
	"network" text NOT NULL,
	"about_user_id" uuid NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "key_places_api_key_id_network_pk" PRIMARY KEY("api_key_id","network")
);
--> statement-breakpoint
CREATE TABLE "sightings" (
	"start" timestamp (3) with time zone NOT NULL,
	"signal" text NOT NULL,
	"network" text NOT NULL,
	"address" text NOT NULL,
	"subject" text NOT NULL,
	"about_user_id" uuid,
	"times" integer NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "sightings_start_signal_network_address_subject_pk" PRIMARY KEY("start","signal","network","address","subject")
);
--> statement-breakpoint
ALTER TABLE "key_places" ADD CONSTRAINT "key_places_api_key_id_api_keys_id_fk" FOREIGN KEY ("api_key_id") REFERENCES "public"."api_keys"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "key_places" ADD CONSTRAINT "key_places_about_user_id_users_id_fk" FOREIGN KEY ("about_user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sightings" ADD CONSTRAINT "sightings_about_user_id_users_id_fk" FOREIGN KEY ("about_user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "key_places_about_user_id_idx" ON "key_places" USING btree ("about_user_id");--> statement-breakpoint
CREATE INDEX "sightings_signal_idx" ON "sightings" USING btree ("signal","start");--> statement-breakpoint
CREATE INDEX "sightings_about_user_id_idx" ON "sightings" USING btree ("about_user_id");--> statement-breakpoint
CREATE INDEX "sightings_subject_idx" ON "sightings" USING btree ("subject");
--> statement-breakpoint
-- No window of a rule is longer than a day; what an API key is used to is kept as long as it is used so.
CREATE FUNCTION delete_old_sightings(at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM sightings WHERE start < at - interval '24 hours';
  DELETE FROM key_places WHERE last_at < at - interval '90 days';
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION delete_old_sightings(timestamptz) FROM PUBLIC;

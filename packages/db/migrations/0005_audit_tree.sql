CREATE TABLE "audit_checkpoints" (
	"size" bigint PRIMARY KEY NOT NULL,
	"note" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"settled" "xid8" NOT NULL,
	"cluster" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_leaves" (
	"index" bigint PRIMARY KEY NOT NULL,
	"entry_id" uuid NOT NULL,
	"hash" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_subtrees" (
	"level" smallint NOT NULL,
	"index" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "audit_subtrees_level_index_pk" PRIMARY KEY("level","index")
);
--> statement-breakpoint
ALTER TABLE "audit_entries" ADD COLUMN "actor_commitment" "bytea";--> statement-breakpoint
ALTER TABLE "audit_entries" ADD COLUMN "target_commitment" "bytea";--> statement-breakpoint
ALTER TABLE "audit_entries" ADD COLUMN "xact" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_refusals" ADD COLUMN "actor_commitment" "bytea";--> statement-breakpoint
ALTER TABLE "audit_refusals" ADD COLUMN "target_commitment" "bytea";--> statement-breakpoint
CREATE UNIQUE INDEX "audit_leaves_entry_key" ON "audit_leaves" USING btree ("entry_id");--> statement-breakpoint
CREATE INDEX "audit_entries_xact_idx" ON "audit_entries" USING btree ("xact");
--> statement-breakpoint
-- Entries from before: their personal data by person, each with a salt and a commitment.
UPDATE audit_entries SET personal = jsonb_strip_nulls(jsonb_build_object(
  'actor', CASE WHEN personal ?| array['actorLabel', 'address', 'userAgent'] THEN jsonb_build_object(
    'salt', encode(uuid_send(gen_random_uuid()), 'base64'), 'label', personal -> 'actorLabel',
    'address', personal -> 'address', 'userAgent', personal -> 'userAgent') END,
  'target', CASE WHEN personal ? 'targetLabel' THEN jsonb_build_object(
    'salt', encode(uuid_send(gen_random_uuid()), 'base64'), 'label', personal -> 'targetLabel') END));
--> statement-breakpoint
UPDATE audit_entries SET
  actor_commitment = CASE WHEN personal ? 'actor' THEN sha256(convert_to('{' || concat_ws(',',
    '"address":' || (personal -> 'actor' -> 'address')::text, '"label":' || (personal -> 'actor' -> 'label')::text,
    '"salt":' || (personal -> 'actor' -> 'salt')::text,
    '"userAgent":' || (personal -> 'actor' -> 'userAgent')::text) || '}', 'UTF8')) END,
  target_commitment = CASE WHEN personal ? 'target' THEN sha256(convert_to('{' || concat_ws(',',
    '"label":' || (personal -> 'target' -> 'label')::text,
    '"salt":' || (personal -> 'target' -> 'salt')::text) || '}', 'UTF8')) END;
--> statement-breakpoint
-- Counts of the minute in which the application was replaced.
DELETE FROM audit_refusals;

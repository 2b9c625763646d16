ALTER TABLE "users" ADD COLUMN "role_until" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "users_role_until_idx" ON "users" USING btree ("role_until") WHERE "users"."role_until" is not null;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_only_auditors_have_an_end" CHECK ("users"."role_until" is null or "users"."role" = 'auditor');
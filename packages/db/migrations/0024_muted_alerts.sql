DROP INDEX "alerts_told_at_idx";--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "muted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "alerts_told_at_idx" ON "alerts" USING btree ("told_at","kind");
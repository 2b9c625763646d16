CREATE TABLE "audit_cosignatures" (
	"size" bigint NOT NULL,
	"key" text NOT NULL,
	"line" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "audit_cosignatures_size_key_pk" PRIMARY KEY("size","key")
);
--> statement-breakpoint
CREATE TABLE "witnessed_logs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"origin" text NOT NULL,
	"keys" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"size" bigint DEFAULT 0 NOT NULL,
	"note" text,
	"cosigned_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "witnesses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"target" text NOT NULL,
	"key" text,
	"secret" text,
	"every_seconds" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"confirmed_size" bigint DEFAULT 0 NOT NULL,
	"confirmed_at" timestamp (3) with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"failing_since" timestamp (3) with time zone,
	"problem" text,
	"contradicts" boolean DEFAULT false NOT NULL,
	"next_attempt_at" timestamp (3) with time zone NOT NULL,
	"locked_until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE UNIQUE INDEX "witnessed_logs_origin_key" ON "witnessed_logs" USING btree ("origin");--> statement-breakpoint
CREATE UNIQUE INDEX "witnesses_target_key" ON "witnesses" USING btree ("kind","target");
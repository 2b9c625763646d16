CREATE TABLE "alert_firings" (
	"id" uuid PRIMARY KEY NOT NULL,
	"rule_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"resolved_at" timestamp (3) with time zone,
	"threshold" integer NOT NULL,
	"window_minutes" integer NOT NULL,
	"count" integer NOT NULL,
	"peak" integer NOT NULL,
	"notified" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alert_rule_counts" (
	"rule_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"start" timestamp (3) with time zone NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "alert_rule_counts_rule_id_start_pk" PRIMARY KEY("rule_id","start")
);
--> statement-breakpoint
CREATE TABLE "alert_rules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"query" text NOT NULL,
	"threshold" integer NOT NULL,
	"window_minutes" integer NOT NULL,
	"cooldown_minutes" integer NOT NULL,
	"email" boolean NOT NULL,
	"webhook_ids" uuid[] NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"muted_until" timestamp (3) with time zone,
	"firing_id" uuid,
	"firing_since" timestamp (3) with time zone,
	"last_notice_at" timestamp (3) with time zone,
	"last_count" integer DEFAULT 0 NOT NULL,
	"problem" text,
	"seen_xid" "xid8" NOT NULL,
	"seen_position" bigint NOT NULL,
	"next_check_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"webhook_id" uuid NOT NULL,
	"sequence" bigint NOT NULL,
	"topic" text NOT NULL,
	"body" text NOT NULL,
	"status" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"attempts" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"settled_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"url" text NOT NULL,
	"secret" text NOT NULL,
	"previous_secret" text,
	"previous_secret_until" timestamp (3) with time zone,
	"enabled" boolean DEFAULT true NOT NULL,
	"disabled_for_failing" boolean DEFAULT false NOT NULL,
	"failing_since" timestamp (3) with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"last_delivered_at" timestamp (3) with time zone,
	"last_sequence" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "turn" text;--> statement-breakpoint
ALTER TABLE "alert_firings" ADD CONSTRAINT "alert_firings_rule_id_alert_rules_id_fk" FOREIGN KEY ("rule_id") REFERENCES "public"."alert_rules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alert_firings" ADD CONSTRAINT "alert_firings_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alert_rule_counts" ADD CONSTRAINT "alert_rule_counts_rule_id_alert_rules_id_fk" FOREIGN KEY ("rule_id") REFERENCES "public"."alert_rules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alert_rule_counts" ADD CONSTRAINT "alert_rule_counts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alert_rules" ADD CONSTRAINT "alert_rules_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alert_firings_rule_id_idx" ON "alert_firings" USING btree ("rule_id","opened_at","id");--> statement-breakpoint
CREATE INDEX "alert_firings_user_id_idx" ON "alert_firings" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "alert_firings_opened_at_idx" ON "alert_firings" USING btree ("opened_at");--> statement-breakpoint
CREATE INDEX "alert_rule_counts_user_id_idx" ON "alert_rule_counts" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "alert_rules_user_id_idx" ON "alert_rules" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "alert_rules_next_check_at_idx" ON "alert_rules" USING btree ("next_check_at") WHERE "alert_rules"."enabled";--> statement-breakpoint
CREATE INDEX "webhook_deliveries_webhook_id_idx" ON "webhook_deliveries" USING btree ("webhook_id","created_at","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_created_at_idx" ON "webhook_deliveries" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_waiting_idx" ON "webhook_deliveries" USING btree ("user_id") WHERE "webhook_deliveries"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "webhooks_user_id_idx" ON "webhooks" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_turn_idx" ON "jobs" USING btree ("turn") WHERE "jobs"."turn" is not null;--> statement-breakpoint
ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON webhooks USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON webhook_deliveries USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE alert_rules ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON alert_rules USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE alert_rule_counts ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON alert_rule_counts USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE alert_firings ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON alert_firings USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
-- Which rules have something to look at: those that fire, and those whose user has had events since.
CREATE FUNCTION due_alert_rules(at timestamptz, most integer) RETURNS TABLE (user_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.user_id, r.id FROM alert_rules r JOIN users u ON u.id = r.user_id
  WHERE r.enabled AND r.next_check_at <= at AND u.disabled_at IS NULL
    AND (r.firing_id IS NOT NULL OR EXISTS (
      SELECT FROM receipts e
      WHERE e.user_id = r.user_id AND (e.commit_xid, e.position) > (r.seen_xid, r.seen_position)
    ))
  ORDER BY r.next_check_at LIMIT most
$$;
--> statement-breakpoint
CREATE FUNCTION delete_old_notices(before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM webhook_deliveries WHERE created_at < before AND status <> 'pending';
  DELETE FROM alert_firings WHERE opened_at < before AND resolved_at IS NOT NULL;
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION due_alert_rules(timestamptz, integer), delete_old_notices(timestamptz) FROM PUBLIC;

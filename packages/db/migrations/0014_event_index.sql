CREATE TABLE "event_chunks" (
	"user_id" uuid NOT NULL,
	"newest" timestamp (3) with time zone NOT NULL,
	"oldest" timestamp (3) with time zone NOT NULL,
	"id" uuid NOT NULL,
	"fields" "bytea" NOT NULL,
	"message" "bytea",
	"props" "bytea",
	"numbers" jsonb,
	CONSTRAINT "event_chunks_user_id_newest_id_pk" PRIMARY KEY("user_id","newest","id")
);
--> statement-breakpoint
CREATE TABLE "event_index" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"cluster" text NOT NULL,
	"commit_xid" "xid8" NOT NULL,
	"position" bigint NOT NULL,
	"accepted" bigint NOT NULL
);
--> statement-breakpoint
-- Half of their bits are set, so that nothing is gained by compressing them.
ALTER TABLE event_chunks ALTER COLUMN message SET STORAGE EXTERNAL, ALTER COLUMN props SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE event_chunks ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_chunks USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
ALTER TABLE event_index ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY owner ON event_index USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
--> statement-breakpoint
-- Who has at least so many events that are not in the index, those with the most first; with the number
-- that have been accepted of them.
CREATE FUNCTION users_to_index(fewest integer, most integer) RETURNS TABLE (user_id uuid, accepted bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.user_id, sum(c.accepted)::bigint
  FROM agent_counters c LEFT JOIN event_index i ON i.user_id = c.user_id
  GROUP BY c.user_id, i.accepted
  HAVING sum(c.accepted) - coalesce(i.accepted, 0) >= fewest
  ORDER BY sum(c.accepted) - coalesce(i.accepted, 0) DESC LIMIT most
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION users_to_index(integer, integer) FROM PUBLIC;

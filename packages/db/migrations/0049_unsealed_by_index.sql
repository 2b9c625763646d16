-- Of tables that were never analyzed the planner takes a third to be newer than any transaction id, and would
-- read them whole at each search.
ALTER FUNCTION unsealed_audit_entries() SET enable_seqscan = off;--> statement-breakpoint
ALTER FUNCTION unsealed_audit_entries() SET enable_hashjoin = off;--> statement-breakpoint
ALTER FUNCTION unsealed_audit_entries() SET enable_mergejoin = off;

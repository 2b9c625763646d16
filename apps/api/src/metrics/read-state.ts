import type { Database } from "@muniment/db/database.ts";

/** What the nodes of an installation share and an operator watches. */
export type State = {
  auditEntries: number;
  auditSealedAt: Date;
  jobsDue: number;
  jobsGivenUp: number;
  alertsOpen: number;
};

export async function readState({ raw }: Pick<Database, "raw">, now: Date): Promise<State> {
  const [row] = await raw`
    select last.size::float8 as entries, last.at,
      (select count(*) from jobs where failed_at is null and locked_until is null
        and run_at <= ${now.toISOString()}::text::timestamptz)::int as due,
      (select count(*) from jobs where failed_at is not null)::int as given_up,
      (select count(*) from alerts where resolved_at is null)::int as alerts
    from (select size, at from audit_checkpoints order by size desc limit 1) as last`;
  // The log has a checkpoint from the start of the first node on.
  if (!row) throw new Error("the audit log has no checkpoint");
  return {
    auditEntries: row.entries,
    auditSealedAt: row.at,
    jobsDue: row.due,
    jobsGivenUp: row.given_up,
    alertsOpen: row.alerts,
  };
}

import type { Database } from "@muniment/db/database.ts";
import { raiseAlert } from "../alerts/raise.ts";

const maxWaitSeconds = 30;

/**
 * Looks again and again whether entries wait for their place in the log that could have had it at the
 * look before, and raises an alert when that is too long ago.
 */
export function watchSealing(database: Database, now: () => Date): () => Promise<void> {
  let before: { xmin: string; at: Date } | undefined;
  return async () => {
    const at = now();
    // What was committed by then is below the oldest transaction that ran then.
    const known = before;
    const [row] = await database.audit`
      select pg_snapshot_xmin(pg_current_snapshot())::text as xmin,
        exists (select from audit_entries
          where xact >= coalesce((select settled from audit_checkpoints order by size desc limit 1), '0')
            and xact < ${known?.xmin ?? "0"}::text::xid8
            and not exists (select from audit_leaves where entry_id = audit_entries.id)) as waiting`;
    const seconds = known ? Math.round((at.getTime() - known.at.getTime()) / 1000) : 0;
    if (!known || !row?.waiting) {
      before = { xmin: row?.xmin, at };
      return;
    }
    if (seconds < maxWaitSeconds) return;
    await database.transaction({}, (tx) =>
      raiseAlert(tx, "audit_log_behind", {
        userId: null,
        key: "sealer",
        details: { seconds },
        now: at,
      }),
    );
  };
}

import type { Database } from "@muniment/db/database.ts";
import { raiseAlert } from "../alerts/raise.ts";
import type { Sealer } from "./sealer.ts";
import { findUnsealed, firstPiece } from "./unsealed.ts";

const maxWaitSeconds = 30;

/**
 * Looks again and again whether entries wait for their place in the log that could have had it at the
 * look before, and raises an alert when that is too long ago. Each look is at all that is not settled and
 * at a piece of the rest, so that in time it finds what was called settled and is not, and has it sealed.
 */
export function watchSealing(
  database: Database,
  sealer: Pick<Sealer, "lookAgain">,
  now: () => Date,
): () => Promise<void> {
  let before: { xmin: string; at: Date } | undefined;
  let looking = firstPiece;
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
    const piece = await findUnsealed(database.audit, looking, known?.xmin ?? "0");
    const waiting = row?.waiting || piece.ids.length > 0;
    const seconds = known ? Math.round((at.getTime() - known.at.getTime()) / 1000) : 0;
    if (!known || !waiting) {
      before = { xmin: row?.xmin, at };
      looking = piece.next;
      return;
    }
    if (seconds < maxWaitSeconds) return;
    if (piece.ids.length > 0) sealer.lookAgain();
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

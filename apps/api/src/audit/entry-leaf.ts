import { toBase64 } from "@muniment/verify/base64.ts";
import type { Leaf } from "@muniment/verify/leaf.ts";
import type postgres from "postgres";

const committed = (bytes: Uint8Array | null) => bytes && toBase64(bytes);

/** The leaf of a row of `audit_entries`, as it comes without Drizzle. */
export const leafOf = (row: postgres.Row): Leaf => ({
  v: 1,
  id: row.id,
  at: row.at.toISOString(),
  actor: { kind: row.actor_kind, id: row.actor_id, personal: committed(row.actor_commitment) },
  action: row.action,
  target:
    row.target_kind === null
      ? null
      : { kind: row.target_kind, id: row.target_id, personal: committed(row.target_commitment) },
  outcome: row.outcome,
  requestId: row.request_id,
  details: row.details,
});

import type { auditLog } from "@muniment/db/schema/audit.ts";
import type { AuditEntry } from "@muniment/shared/audit-log.ts";

type Row = typeof auditLog.$inferSelect;

/** An entry as readers see it: personal data joined with the rest. */
export function toAuditEntry(row: Row): AuditEntry {
  const { personal } = row;
  return {
    id: row.id,
    index: null,
    at: row.at.toISOString(),
    actor: { kind: row.actorKind, id: row.actorId, label: personal.actorLabel ?? null },
    action: row.action,
    target: row.targetKind
      ? { kind: row.targetKind, id: row.targetId, label: personal.targetLabel ?? null }
      : null,
    outcome: row.outcome,
    address: personal.address ?? null,
    requestId: row.requestId,
    details: row.details,
  };
}

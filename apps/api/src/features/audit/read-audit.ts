import type { Database } from "@muniment/db/database.ts";
import type { auditLog } from "@muniment/db/schema/audit.ts";
import type { AuditEntry } from "@muniment/shared/audit-log.ts";
import { ownersOfKeys } from "../../audit/key-owners.ts";
import type { Seen } from "../../audit/reads.ts";
import { type OpenedPersonal, readable } from "../../audit/sealed-personal.ts";

type Row = typeof auditLog.$inferSelect;

/** An entry as readers see it: personal data joined with the rest. */
export function toAuditEntry(
  row: Row,
  opened: OpenedPersonal | undefined,
  index: number | null,
): AuditEntry {
  const [actor, target] = [readable(opened?.actor), readable(opened?.target)];
  return {
    id: row.id,
    index,
    at: row.at.toISOString(),
    actor: { kind: row.actorKind, id: row.actorId, label: actor?.label ?? null },
    action: row.action,
    target: row.targetKind
      ? { kind: row.targetKind, id: row.targetId, label: target?.label ?? null }
      : null,
    outcome: row.outcome,
    address: actor?.address ?? null,
    requestId: row.requestId,
    details: row.details,
  };
}

/** The users that entries tell of, as who acted, also by an API key, or who was acted on. */
export async function peopleIn(database: Database, entries: AuditEntry[]): Promise<Seen[]> {
  const keys = entries.flatMap(({ actor: { kind, id } }) => (kind === "apiKey" && id ? [id] : []));
  const people = entries
    .flatMap(({ actor, target }) => [actor, target])
    .flatMap((one) =>
      one?.kind === "user" && one.id
        ? [{ id: one.id, ...(one.label ? { label: one.label } : {}) }]
        : [],
    );
  const owners = await ownersOfKeys(database.raw, [...new Set(keys)]);
  // Those with an address come last, as the last of the same person counts.
  return [...owners.map((id) => ({ id })), ...people];
}

import type { Tx } from "@muniment/db/database.ts";
import { type AuditPersonal, auditEntries } from "@muniment/db/schema/audit.ts";
import { type AuditAction, auditActions } from "@muniment/shared/audit-actions.ts";
import type { AuditEntry } from "@muniment/shared/audit-log.ts";
import { v7 as uuidv7 } from "uuid";
import type { Principal } from "../identity/principal.ts";
import type { RequestFacts } from "../trpc/context.ts";

export type NewAuditEntry = {
  at: Date;
  principal: Principal;
  /** Absent when the system itself acts. */
  request?: Pick<RequestFacts, "id" | "address" | "userAgent">;
  action: AuditAction;
  outcome: AuditEntry["outcome"];
  target: { kind: string; id: string | null; label?: string } | null;
  details: Record<string, unknown>;
  /** Overrides the actor that the principal says. */
  actor?: { userId: string; label: string };
};

function actorOf({ principal, actor, request }: NewAuditEntry) {
  if (actor) return { kind: "user" as const, id: actor.userId, label: actor.label };
  if (principal.kind === "user") {
    return { kind: "user" as const, id: principal.userId, label: principal.email };
  }
  if (principal.kind === "apiKey") {
    return { kind: "apiKey" as const, id: principal.keyId, label: principal.prefix };
  }
  return { kind: request ? ("anonymous" as const) : ("system" as const), id: null, label: null };
}

/** The row of an entry. Personal data goes into its own column, everything else is not personal. */
export function toAuditRow(entry: NewAuditEntry) {
  const actor = actorOf(entry);
  const personal: AuditPersonal = {
    ...(actor.label ? { actorLabel: actor.label } : {}),
    ...(entry.target?.label ? { targetLabel: entry.target.label } : {}),
    ...(entry.request ? { address: entry.request.address } : {}),
    ...(entry.request?.userAgent ? { userAgent: entry.request.userAgent } : {}),
  };
  return {
    id: uuidv7({ msecs: entry.at.getTime() }),
    at: entry.at,
    actorKind: actor.kind,
    actorId: actor.id,
    action: entry.action,
    targetKind: entry.target?.kind ?? null,
    targetId: entry.target?.id ?? null,
    outcome: entry.outcome,
    requestId: entry.request?.id ?? null,
    details: auditActions[entry.action].parse(entry.details),
    personal,
  };
}

/** Writes one entry in the transaction of the change it tells of. */
export async function writeAuditEntry(tx: Tx, entry: NewAuditEntry): Promise<void> {
  await tx.insert(auditEntries).values(toAuditRow(entry));
}

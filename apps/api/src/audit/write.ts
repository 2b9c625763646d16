import { randomBytes } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import { type AuditPersonal, auditEntries } from "@muniment/db/schema/audit.ts";
import { type AuditAction, auditActions } from "@muniment/shared/audit-actions.ts";
import type { AuditEntry } from "@muniment/shared/audit-log.ts";
import { commitment, type PersonalData } from "@muniment/verify/leaf.ts";
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

/** What is known of one person, with its salt; null where nothing is. */
function personalOf(known: Omit<PersonalData, "salt">): PersonalData | null {
  if (Object.keys(known).length === 0) return null;
  return { salt: randomBytes(16).toString("base64"), ...known };
}

/**
 * The row of an entry. Personal data goes into its own column, everything else is not personal; the
 * commitments to it are what the log keeps (docs/adr/0010-what-a-leaf-contains.md).
 */
export function toAuditRow(entry: NewAuditEntry) {
  const actor = actorOf(entry);
  const { request, target } = entry;
  const ofActor = personalOf({
    ...(actor.label ? { label: actor.label } : {}),
    ...(request ? { address: request.address } : {}),
    ...(request?.userAgent ? { userAgent: request.userAgent } : {}),
  });
  const ofTarget = personalOf(target?.label ? { label: target.label } : {});
  const personal: AuditPersonal = {
    ...(ofActor ? { actor: ofActor } : {}),
    ...(ofTarget ? { target: ofTarget } : {}),
  };
  return {
    id: uuidv7({ msecs: entry.at.getTime() }),
    at: entry.at,
    actorKind: actor.kind,
    actorId: actor.id,
    action: entry.action,
    targetKind: target?.kind ?? null,
    targetId: target?.id ?? null,
    outcome: entry.outcome,
    requestId: request?.id ?? null,
    details: auditActions[entry.action].parse(entry.details),
    personal,
    actorCommitment: ofActor && commitment(ofActor),
    targetCommitment: ofTarget && commitment(ofTarget),
  };
}

/** Writes one entry in the transaction of the change it tells of. */
export async function writeAuditEntry(tx: Tx, entry: NewAuditEntry): Promise<void> {
  await tx.insert(auditEntries).values(toAuditRow(entry));
}

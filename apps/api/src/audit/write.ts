import type { Tx } from "@muniment/db/database.ts";
import { closingInsertion } from "@muniment/db/insertions.ts";
import { auditEntries } from "@muniment/db/schema/audit.ts";
import { type AuditAction, auditActions } from "@muniment/shared/audit-actions.ts";
import type { AuditEntry } from "@muniment/shared/audit-log.ts";
import { v7 as uuidv7 } from "uuid";
import type { Principal } from "../identity/principal.ts";
import type { RequestFacts } from "../trpc/context.ts";
import type { DataKeys, Personal, Subject } from "./data-keys.ts";
import { withRandomBytes } from "./random-bytes.ts";
import type { Known } from "./sealed-personal.ts";

export type NewAuditEntry = {
  at: Date;
  principal: Principal;
  /** Absent when the system itself acts. */
  request?: Pick<RequestFacts, "id" | "address" | "userAgent">;
  action: AuditAction;
  outcome: AuditEntry["outcome"];
  target: { kind: string; id: string | null; label?: string } | null;
  details: Record<string, unknown>;
  /** The user whom it tells of, where neither actor nor target is one. */
  about?: string;
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

/** The kinds of targets whose label is an address of somebody who may have no account. */
const addressed: ReadonlySet<string> = new Set(["invitation", "procedure", "mailbox"]);

/**
 * Whose the personal data of an entry is, and whose key it is encrypted under. What a caller whom
 * nobody knows leaves behind goes with the account that they tried to get at.
 */
function subjectsOf({ principal, actor, target, about, at }: NewAuditEntry) {
  const known = actor?.userId ?? (principal.kind === "anonymous" ? about : principal.userId);
  const ofTarget = (): Subject | undefined => {
    if (target?.kind === "user" && target.id) return { userId: target.id };
    if (target?.label && addressed.has(target.kind)) return { email: target.label };
    return undefined;
  };
  const own: Subject = known ? { userId: known } : (ofTarget() ?? { since: at });
  return { actor: own, target: ofTarget() ?? own };
}

type Sealed = Awaited<ReturnType<DataKeys["seal"]>>[number];
const nothing: Sealed = { personal: {}, actorCommitment: null, targetCommitment: null };

/**
 * The row of an entry but for its personal data, which is answered apart, to be encrypted. Nothing
 * else is personal; the log keeps commitments to it (docs/adr/0010-what-a-leaf-contains.md).
 */
export function toAuditRow(entry: NewAuditEntry) {
  const actor = actorOf(entry);
  const { request, target } = entry;
  const ofActor: Known = {};
  if (actor.label) ofActor.label = actor.label;
  if (request) ofActor.address = request.address;
  if (request?.userAgent) ofActor.userAgent = request.userAgent;
  const subjects = subjectsOf(entry);
  const personal: Personal = {};
  if (actor.label || request) personal.actor = { subject: subjects.actor, data: ofActor };
  if (target?.label) {
    personal.target = { subject: subjects.target, data: { label: target.label } };
  }
  const row = {
    id: withRandomBytes((random) => uuidv7({ msecs: entry.at.getTime(), random })),
    at: entry.at,
    actorKind: actor.kind,
    actorId: actor.id,
    action: entry.action,
    targetKind: target?.kind ?? null,
    targetId: target?.id ?? null,
    outcome: entry.outcome,
    requestId: request?.id ?? null,
    details: auditActions[entry.action].parse(entry.details),
    personal: nothing.personal,
    actorCommitment: nothing.actorCommitment,
    targetCommitment: nothing.targetCommitment,
  };
  return { row, personal };
}

type Unsealed = ReturnType<typeof toAuditRow>;

/** Rows with their personal data encrypted; of somebody erased nothing is kept, and nothing committed to. */
export async function sealRows(keys: Pick<DataKeys, "seal">, entries: readonly Unsealed[]) {
  const sealed = await keys.seal(entries.map(({ row: { id }, personal }) => ({ id, personal })));
  return entries.map(({ row }, at) => {
    const { personal, actorCommitment, targetCommitment } = sealed[at] ?? nothing;
    // Set one by one, as a copy of the row takes as long as what it commits to.
    row.personal = personal;
    row.actorCommitment = actorCommitment;
    row.targetCommitment = targetCommitment;
    return row;
  });
}

const insertEntry = closingInsertion(auditEntries, "xact");

/** Writes one entry in the transaction of the change it tells of. */
export async function writeAuditEntry(
  tx: Tx,
  keys: Pick<DataKeys, "seal">,
  entry: NewAuditEntry,
): Promise<void> {
  for (const row of await sealRows(keys, [toAuditRow(entry)])) await insertEntry(tx, row);
}

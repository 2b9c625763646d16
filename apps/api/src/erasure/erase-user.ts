import type { Tx } from "@muniment/db/database.ts";
import { erasures } from "@muniment/db/schema/erasures.ts";
import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { sightings } from "@muniment/db/schema/sightings.ts";
import { uploads } from "@muniment/db/schema/uploads.ts";
import { witnesses } from "@muniment/db/schema/witnesses.ts";
import { and, eq, inArray, sql } from "drizzle-orm";
import { readCheckpoint } from "../audit/checkpoints.ts";
import type { Deps } from "../deps.ts";
import { enterScope } from "../identity/scope.ts";
import { cleanUpQueue, deleteUserEventsQueue } from "../job-queues.ts";
import { addressesOf } from "./addresses-of.ts";
import { signCertificate } from "./certificate.ts";
import type { CleanUp } from "./clean-up.ts";
import { namingInJson } from "./naming.ts";

type Cause = (typeof erasures.$inferSelect)["cause"];
export type ErasureDeps = Pick<
  Deps,
  | "database"
  | "databaseDirectory"
  | "owner"
  | "dataKeys"
  | "folding"
  | "sightings"
  | "jobs"
  | "config"
  | "secrets"
  | "now"
  | "identities"
  | "ledger"
  | "files"
  | "log"
>;

export type Erasure = { id: string; keys: string[]; certificate: string };

/** The log that certificates name: the one there is, or what it will be called. */
export const logOf = async ({ database, config }: Pick<Deps, "database" | "config">) =>
  (await readCheckpoint(database.audit))?.origin ?? `${config.publicUrl.host}/audit`;

/** What has to happen before the transaction of an erasure begins. */
export async function prepareErasure(deps: ErasureDeps): Promise<{ log: string }> {
  // What is noted of the person but not written yet gets the key that is about to be destroyed.
  await deps.folding.flush();
  // And what is seen of them would stay, written when they are gone.
  await deps.sightings.flush();
  return { log: await logOf(deps) };
}

/** Deletes what was seen of attempts at addresses, and the verdicts about them. */
export async function forgetAttempts(deps: ErasureDeps, tx: Tx, emails: string[]): Promise<void> {
  const tried = emails.map(deps.sightings.hashed);
  await tx.delete(sightings).where(inArray(sightings.subject, tried));
  await tx.execute(sql`select delete_verdicts_about(${`{${tried.join(",")}}`}::text::text[])`);
}

/**
 * Erases a user in the transaction that an audit entry of it stands in: keys, account and all that
 * hangs on it, jobs that speak of it; the events by a job of the same transaction, and then what is
 * left on the disk (docs/adr/0023). The caller enters `keys` in the audit log, and calls
 * `afterErasure` when it has committed.
 */
export async function eraseUser(
  deps: ErasureDeps,
  tx: Tx,
  { log }: { log: string },
  facts: { id: string; userId: string; cause: Cause },
): Promise<Erasure> {
  const { id, userId, cause } = facts;
  const { config, secrets, dataKeys, jobs } = deps;
  enterScope(tx, userId);
  const emails = await addressesOf(tx, dataKeys, userId);
  const parts = await tx.execute<{ part: string }>(
    sql`select unnest(event_partitions_of(${userId}::uuid)) as part`,
  );
  const kept = await tx.select({ id: uploads.id }).from(uploads).where(eq(uploads.userId, userId));
  // First, while nothing is held yet that others need who have the account, or something of its, locked.
  await tx.execute(sql`select delete_user(${userId}::uuid)`);
  const keys = await dataKeys.destroy(tx, userId, emails);
  // Of attempts from before there was the account; the others went with it.
  await forgetAttempts(deps, tx, emails);
  await tx.delete(linkTokens).where(inArray(linkTokens.email, emails));
  await tx
    .delete(witnesses)
    .where(and(eq(witnesses.kind, "email"), inArray(witnesses.target, emails)));
  // What is left to erase of others names addresses, too, which they may have had before.
  await jobs.drop(tx, namingInJson([userId, ...emails]), [deleteUserEventsQueue, cleanUpQueue]);
  const after: CleanUp = {
    erasureId: id,
    emails,
    partitions: parts.map(({ part }) => part),
    files: kept.map(({ id: file }) => file),
  };
  await jobs.enqueue(tx, deleteUserEventsQueue, { userId, after });
  const row = { id, erasedId: userId, cause, erasedAt: deps.now(), cleanedAt: null };
  const stated = { keys, left: [], waiting: [], lists: [] };
  const certificate = signCertificate({ config, seeds: secrets.auditSigning, log }, row, stated);
  await tx.insert(erasures).values({ ...row, facts: stated, certificate });
  return { id, keys, certificate };
}

/** What this node must do once an erasure has committed. */
export async function afterErasure(deps: ErasureDeps, erasure: { id: string; userId: string }) {
  deps.identities.forget();
  deps.dataKeys.forget();
  const at = deps.now().toISOString();
  await deps.ledger.own.append([{ id: erasure.id, erased: erasure.userId, at }]);
}

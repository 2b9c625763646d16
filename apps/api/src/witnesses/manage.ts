import type { Database, Tx } from "@muniment/db/database.ts";
import { witnessedLogs, witnesses } from "@muniment/db/schema/witnesses.ts";
import {
  defaultEverySeconds,
  maxWitnessedLogs,
  maxWitnesses,
  type WitnessKind,
} from "@muniment/shared/witnesses.ts";
import { parseWitnessKey } from "@muniment/verify/cosignature.ts";
import { formatVerifierKey, parseVerifierKey } from "@muniment/verify/signed-note.ts";
import { count, eq, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { DataKeys } from "../audit/data-keys.ts";
import type { Cosigner } from "../audit/note-signer.ts";
import { writeAuditEntry } from "../audit/write.ts";
import { AppError } from "../errors.ts";

type NewWitness = {
  id: string;
  kind: WitnessKind;
  target: string;
  /** The key of a witness, and what this installation signs with as one. */
  key?: { text: string; own: Cosigner } | undefined;
  secret?: string;
  bucket?: typeof witnesses.$inferInsert.bucket;
  everySeconds?: number | undefined;
};

/** Who knows the path of a webhook's URL can often send to it; audit entries and auditors get the origin. */
export const withoutPath = (kind: WitnessKind, target: string) =>
  kind === "webhook" || kind === "witness" ? new URL(target).origin : target;

/** What an audit entry names; a mailbox is somebody's. */
export const targetOf = ({
  id,
  kind,
  target,
}: {
  id: string;
  kind: WitnessKind;
  target: string;
}) => ({ kind: kind === "email" ? "mailbox" : "witness", id, label: withoutPath(kind, target) });

/** @throws AppError `invalid_input` where it is not the verifier key of another witness */
function readWitnessKey(text: string, { keys }: Cosigner): string {
  let key: string;
  try {
    key = formatVerifierKey(parseWitnessKey(text));
  } catch (cause) {
    throw new AppError("invalid_input", "key: not the verifier key of a witness", { cause });
  }
  if (keys.some((own) => formatVerifierKey(own) === key)) {
    throw new AppError("invalid_input", "key: this installation is no witness of itself");
  }
  return key;
}

/** Adds a place that checkpoints are sent to from now on. @throws AppError `already_exists`, `too_many` */
export async function insertWitness(
  tx: Tx,
  { id, kind, target, key, secret, bucket, everySeconds }: NewWitness,
  now: Date,
) {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment witnesses'))`);
  const [known] = await tx.select({ count: count() }).from(witnesses);
  if ((known?.count ?? 0) >= maxWitnesses) {
    throw new AppError("too_many", `There are ${maxWitnesses} witnesses already.`);
  }
  const [row] = await tx
    .insert(witnesses)
    .values({
      ...{ id, kind, target, createdAt: now, nextAttemptAt: now },
      ...{ secret: secret ?? null, bucket: bucket ?? null },
      key: key === undefined ? null : readWitnessKey(key.text, key.own),
      everySeconds: everySeconds ?? defaultEverySeconds[kind],
    })
    .onConflictDoNothing()
    .returning();
  if (!row) throw new AppError("already_exists", "Checkpoints are sent there already.");
  return row;
}

/**
 * The log's origin that verifier keys are of.
 * @throws AppError `invalid_input` where they are not keys of one log
 */
function readLogKeys(texts: readonly string[]) {
  try {
    const keys = texts.map(parseVerifierKey);
    const origins = new Set(keys.map(({ name }) => name));
    const [origin] = origins;
    if (origin === undefined || origins.size > 1) throw new Error("they name several logs");
    return { origin, keys: keys.map(formatVerifierKey) };
  } catch (cause) {
    throw new AppError("invalid_input", "keys: not the verifier keys of one log", { cause });
  }
}

/** Becomes the witness of a log; a known one gets these keys in place of its own. @throws AppError `too_many` */
export async function insertLog(tx: Tx, texts: readonly string[], now: Date) {
  const { origin, keys } = readLogKeys(texts);
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment witnesses'))`);
  const [known] = await tx.select({ count: count() }).from(witnessedLogs);
  const [same] = await tx
    .select({ id: witnessedLogs.id })
    .from(witnessedLogs)
    .where(eq(witnessedLogs.origin, origin));
  if (!same && (known?.count ?? 0) >= maxWitnessedLogs) {
    throw new AppError("too_many", `There are ${maxWitnessedLogs} logs already.`);
  }
  const [row] = await tx
    .insert(witnessedLogs)
    .values({ id: uuidv7(), origin, keys, createdAt: now })
    .onConflictDoUpdate({ target: witnessedLogs.origin, set: { keys } })
    .returning();
  if (!row) throw new Error("the log was not stored");
  return row;
}

type Input = { database: Database; dataKeys: DataKeys; now: () => Date };

/** What the system itself, at a start or by a command, enters of its act. */
const bySystem = (now: () => Date) => ({
  at: now(),
  principal: { kind: "anonymous" as const },
  outcome: "success" as const,
});

/** Names the file of the settings as a place for checkpoints, unless it is one. */
export async function nameFile({ database, dataKeys, now }: Input, path: string): Promise<void> {
  await database.transaction({}, async (tx) => {
    const [known] = await tx
      .select({ id: witnesses.id })
      .from(witnesses)
      .where(sql`${witnesses.kind} = 'file' and ${witnesses.target} = ${path}`);
    if (known) return;
    const row = await insertWitness(tx, { id: uuidv7(), kind: "file", target: path }, now());
    await writeAuditEntry(tx, dataKeys, {
      ...bySystem(now),
      action: "witness.added",
      target: targetOf(row),
      details: { kind: row.kind },
    });
  });
}

/** The same as an administrator's act, by a command on the machine of the server. */
export async function addWitnessByCommand(
  { database, dataKeys, now }: Input,
  url: string,
  key: { text: string; own: Cosigner },
) {
  return database.transaction({}, async (tx) => {
    const row = await insertWitness(tx, { id: uuidv7(), kind: "witness", target: url, key }, now());
    await writeAuditEntry(tx, dataKeys, {
      ...bySystem(now),
      action: "witness.added",
      target: targetOf(row),
      details: { kind: row.kind },
    });
    return row;
  });
}

export async function addLogByCommand({ database, dataKeys, now }: Input, keys: readonly string[]) {
  return database.transaction({}, async (tx) => {
    const row = await insertLog(tx, keys, now());
    await writeAuditEntry(tx, dataKeys, {
      ...bySystem(now),
      action: "witnessed_log.added",
      target: { kind: "witnessed_log", id: row.id, label: row.origin },
      details: { keys: row.keys },
    });
    return row;
  });
}

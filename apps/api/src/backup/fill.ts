import { isDeepStrictEqual } from "node:util";
import { requireEmpty } from "@muniment/db/backup/fresh-database.ts";
import { BackupProblem } from "@muniment/db/backup/problem.ts";
import { plainTexts } from "@muniment/db/backup/snapshot.ts";
import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";
import type postgres from "postgres";
import { readCheckpoint } from "../audit/checkpoints.ts";
import { createDataKeys } from "../audit/data-keys.ts";
import { createNoteSigner } from "../audit/note-signer.ts";
import { verifyLog } from "../audit/verify-log.ts";
import { createEncryption } from "../encryption.ts";
import type { Secrets } from "../secrets.ts";
import type { Step } from "./checked.ts";
import type { BackupHead, Manifest } from "./manifest.ts";
import { type FileSink, restoreDatabase } from "./restore-database.ts";

type Sql = postgres.TransactionSql;

/** Works on a database that is restored, or about to be, in one transaction. */
async function inTransaction<T>(owner: ConnectionFacts, act: (tx: Sql) => Promise<T>): Promise<T> {
  const sql = connect(owner, {
    max: 1,
    applicationName: "muniment-restore",
    parameters: plainTexts,
  });
  try {
    return (await sql.begin(async (tx) => {
      // A start that makes tables takes turns with it (packages/db/src/migrate.ts), and one that was cut
      // off may still be about to commit.
      await tx`select pg_advisory_xact_lock(hashtext('muniment migrations'))`;
      return act(tx);
    })) as T;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function endAllSessions(sql: Sql) {
  await sql`delete from sessions`;
  await sql`delete from refresh_tokens`;
}

/** Has entries found by what they are, whatever the backup held of that: it is no evidence, and no reason to have no restore. */
const fileAnew = (sql: Sql) => sql`
  update audit_leaves l set at = e.at, actor_kind = e.actor_kind, actor_id = e.actor_id, action = e.action,
    target_kind = e.target_kind, target_id = e.target_id, outcome = e.outcome, subjects = e.details -> 'subjects',
    everyone = (e.details -> 'everyone') is not null
  from audit_entries e
  where e.id = l.entry_id
    and (l.at, l.actor_kind, l.actor_id, l.action, l.target_kind, l.target_id, l.outcome, l.subjects, l.everyone)
      is distinct from (e.at, e.actor_kind, e.actor_id, e.action, e.target_kind, e.target_id, e.outcome,
      e.details -> 'subjects', (e.details -> 'everyone') is not null)`;

/** The log of this server from now on: what has no place yet is of this transaction, and all before it is settled. */
async function settleHere(sql: Sql) {
  await sql`
    update audit_entries e set xact = pg_current_xact_id()
    where not exists (select from audit_leaves where entry_id = e.id)`;
  await sql`
    update audit_checkpoints set settled = pg_current_xact_id(), cluster = system_identifier::text
    from pg_control_system() where size = (select max(size) from audit_checkpoints)`;
}

/** Verifies the restored audit log; answers how many entries have their place in it. @throws BackupProblem */
async function verifyRestored(sql: Sql, { audit }: BackupHead, secrets: Secrets): Promise<number> {
  const encryption = createEncryption(secrets.encryption);
  const report = await verifyLog(sql, {
    keysOf: (origin) => createNoteSigner(secrets.auditSigning, origin).keys,
    outside: [],
    witnessKeys: [],
    keys: createDataKeys(sql, encryption, secrets.emailHashes),
  });
  if (report.wrong) {
    const { index, reason } = report.wrong;
    throw new BackupProblem(
      `the audit log in it does not hold${index === null ? "" : `, from entry ${index} on`}: ${reason}`,
    );
  }
  const last = await readCheckpoint(sql);
  const root = last && Buffer.from(last.root).toString("base64");
  if ((last?.size ?? null) !== (audit?.size ?? null) || root !== (audit?.root ?? null)) {
    throw new BackupProblem("the audit log is not the one that the backup tells of");
  }
  return report.verified;
}

export type Filling = {
  /** The owner's connection to an empty database. */
  owner: ConnectionFacts;
  steps: AsyncIterable<Step>;
  secrets: Secrets;
  migrationsFolder: string;
  file: FileSink;
  /** Whether everybody has to sign in again. */
  endSessions: boolean;
  /** The last thing before it all is there at once, in its transaction. */
  beforeCommit(sql: Sql, manifest: Manifest): Promise<void>;
};

/**
 * Fills an empty database in one transaction: all of it is there and verified, or nothing is.
 * @throws BackupProblem
 */
export async function fillDatabase(input: Filling): Promise<Manifest & { verified: number }> {
  const { owner, steps, secrets, migrationsFolder, file, endSessions, beforeCommit } = input;
  return inTransaction(owner, async (tx) => {
    const manifest = await restoreDatabase(tx, steps, { migrationsFolder, file });
    await fileAnew(tx);
    const verified = await verifyRestored(tx, manifest, secrets);
    await settleHere(tx);
    if (endSessions) await endAllSessions(tx);
    await beforeCommit(tx, manifest);
    return { ...manifest, verified };
  });
}

/** @throws BackupProblem where the database holds anything */
export const requireEmptyDatabase = (owner: ConnectionFacts): Promise<void> =>
  inTransaction(owner, requireEmpty);

const rootOf = async (sql: Sql) => {
  const last = await readCheckpoint(sql);
  return last && Buffer.from(last.root).toString("base64");
};

const hasEntries = async (sql: Sql) => {
  const [row] = await sql`select to_regclass('public.audit_entries') is not null as found`;
  return row?.found === true;
};

/**
 * What tells whether two databases were given the same: receipts of events, of which all but the position
 * is carried, entries of the audit log, and the last checkpoint.
 */
async function readGiven(sql: Sql, { without }: { without: string | null }) {
  const [row] = await sql`
    select count(*)::int as entries,
      (select sum(hashtextextended(user_id::text || batch_id::text, 0)) from receipts)::text as receipts,
      (array_agg(id order by at desc, id desc))[1] as entry
    from audit_entries where id is distinct from ${without}::text::uuid`;
  return { ...row, entry: row?.entry as string | null, root: await rootOf(sql) };
}

/**
 * When a move from `source` filled a database that no server has used since; null of any other.
 * @throws BackupProblem where the source was given more since then
 */
export async function findMove(
  owner: ConnectionFacts,
  source: ConnectionFacts,
): Promise<Date | null> {
  const found = await inTransaction(owner, async (tx) => {
    if (!(await hasEntries(tx))) return null;
    const [last] =
      await tx`select id, at, action from audit_entries order by at desc, id desc limit 1`;
    if (last?.action !== "database.moved") return null;
    return { at: new Date(last.at), given: await readGiven(tx, { without: last.id }) };
  });
  if (!found) return null;
  const { at, given } = found;
  const { holds, ...own } = await inTransaction(source, async (tx) => {
    const rows = await tx`select from audit_entries where id = ${given.entry}::text::uuid`;
    return { holds: rows.length > 0, ...(await readGiven(tx, { without: null })) };
  });
  if (isDeepStrictEqual(own, given)) return at;
  // Another installation's.
  if (!holds) return null;
  throw new BackupProblem(
    `a move filled this database at ${at.toISOString()}, but the old one has more: events or entries of its audit log came since. Start no server with this one; empty it, or make a new one, and move again`,
  );
}

/** Whether a database was filled by the restore that entered itself in its audit log so. */
export const isFilledBy = (owner: ConnectionFacts, entry: string): Promise<boolean> =>
  inTransaction(owner, async (tx) => {
    if (!(await hasEntries(tx))) return false;
    const rows = await tx`select from audit_entries where id = ${entry}::text::uuid`;
    return rows.length > 0;
  });

/** Verifies what a restore that was cut off after its end has filled. @throws BackupProblem */
export const finishDatabase = (
  owner: ConnectionFacts,
  manifest: Manifest,
  { secrets, endSessions }: Pick<Filling, "secrets" | "endSessions">,
): Promise<number> =>
  inTransaction(owner, async (tx) => {
    const verified = await verifyRestored(tx, manifest, secrets);
    if (endSessions) await endAllSessions(tx);
    return verified;
  });

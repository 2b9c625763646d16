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
  const sql = connect(owner, {
    max: 1,
    applicationName: "muniment-restore",
    parameters: plainTexts,
  });
  try {
    return (await sql.begin(async (tx) => {
      // A start that makes tables takes turns with it (packages/db/src/migrate.ts).
      await tx`select pg_advisory_xact_lock(hashtext('muniment migrations'))`;
      const manifest = await restoreDatabase(tx, steps, { migrationsFolder, file });
      const verified = await verifyRestored(tx, manifest, secrets);
      if (endSessions) {
        await tx`delete from sessions`;
        await tx`delete from refresh_tokens`;
      }
      await beforeCommit(tx, manifest);
      return { ...manifest, verified };
    })) as Manifest & { verified: number };
  } finally {
    await sql.end({ timeout: 5 });
  }
}

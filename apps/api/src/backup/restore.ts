import { randomBytes } from "node:crypto";
import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { requireEmpty, splitMigrations } from "@muniment/db/backup/fresh-database.ts";
import { BackupProblem } from "@muniment/db/backup/problem.ts";
import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";
import { prepareDataDir } from "@muniment/db/embedded/data-directory.ts";
import { recordedHome } from "@muniment/db/embedded/database-home.ts";
import { startEmbeddedPostgres } from "@muniment/db/embedded/start.ts";
import { createDatabase } from "@muniment/db/migrate.ts";
import { databaseName } from "../boot.ts";
import { type Config, type SecretName, type SecretRings, secretNames } from "../config.ts";
import { completeRings, parseKeyring } from "../keyring.ts";
import { deriveSecrets, type Secrets } from "../secrets.ts";
import { interruptible } from "./checked.ts";
import { inspectBackup, readBackup } from "./files.ts";
import { fillDatabase } from "./fill.ts";
import type { Manifest } from "./manifest.ts";
import { recordAct, rowsOf } from "./record.ts";
import type { Opener } from "./seal.ts";
import { claimEmptyFolder, createFolderSink, requireEmptyFolder } from "./target-folder.ts";

export type RestoreInput = {
  path: string;
  opener: Opener;
  config: Pick<Config, "dataDir" | "database" | "s3">;
  rings: SecretRings;
  migrationsFolder: string;
  /** Everybody has to sign in again. */
  endSessions?: boolean;
  signal?: AbortSignal;
  /** Told what is under way. */
  say?: (line: string) => void;
};

export type Restored = {
  manifest: Manifest;
  /** Entries of the audit log that were verified. */
  verified: number;
};

/** The secrets that the restored installation will have. @throws BackupProblem where they are not those of before */
function secretsFor(manifest: Manifest, keyring: Buffer | null, given: SecretRings): Secrets {
  const stored = keyring ? parseKeyring(keyring.toString("utf8")) : {};
  const rings = completeRings(stored, given);
  const empty = secretNames.filter((name) => rings[name].length === 0);
  if (empty.length > 0) {
    throw new BackupProblem(
      `the secrets are not in the backup: set ${empty.join(", ")} as they were`,
    );
  }
  const secrets = deriveSecrets(rings);
  const fits = (name: SecretName, { fingerprints }: Secrets) =>
    (manifest.fingerprints[name] ?? []).every((one) => fingerprints[name].includes(one));
  const others = secretNames.filter((name) => !fits(name, secrets));
  if (others.length === 0) return secrets;
  const own = deriveSecrets(
    Object.fromEntries(
      secretNames.map((name) => [name, stored[name] ?? rings[name]]),
    ) as SecretRings,
  );
  const remedies = others.map(
    (name) =>
      `${name}: not what the backup was made under. ${fits(name, own) ? "Unset it, as the backup holds its own" : "Set it as it was, older elements included"}`,
  );
  throw new BackupProblem(remedies.join("; "));
}

/** Empties a DATA_DIR that was restored for a moment, with the database that may lie elsewhere. */
export const removeRestored = (dataDir: string) => emptyFolder(dataDir, []);

/** Removes what a failed restore has put into a folder that held nothing but `before`. */
async function emptyFolder(dataDir: string, before: readonly string[]) {
  const home = await recordedHome(dataDir).catch(() => undefined);
  if (home && home !== dataDir) await rm(home, { recursive: true, force: true });
  for (const name of await readdir(dataDir).catch(() => [])) {
    if (!before.includes(name)) await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

type Target = { owner: ConnectionFacts; stop(): Promise<void> };

async function openTarget(
  config: RestoreInput["config"],
  dataDir: string,
  password: string,
): Promise<Target> {
  if (config.database) return { owner: config.database.owner, stop: async () => {} };
  const embedded = await startEmbeddedPostgres({ dataDir, password, log: () => {} });
  await createDatabase(embedded.connection, databaseName);
  return { owner: { ...embedded.connection, database: databaseName }, stop: () => embedded.stop() };
}

async function requireEmptyDatabase({ database }: RestoreInput["config"]) {
  if (!database) return;
  const sql = connect(database.owner, { max: 1, applicationName: "muniment-restore" });
  try {
    await sql.begin(async (tx) => {
      // A restore whose connection was lost may still be about to commit (`fillDatabase`).
      await tx`select pg_advisory_xact_lock(hashtext('muniment migrations'))`;
      await requireEmpty(tx);
    });
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** Whether a database of one's own is surely empty, after what went wrong. */
const isStillEmpty = (config: RestoreInput["config"]) =>
  requireEmptyDatabase(config).then(
    () => true,
    () => false,
  );

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Restores a backup into an empty DATA_DIR, and into an empty database. The whole file is read and checked
 * first; a restore that fails leaves both as they were.
 * @throws BackupProblem
 */
export async function restoreBackup(input: RestoreInput): Promise<Restored> {
  const { path, opener, config, rings, migrationsFolder, say = () => {} } = input;
  say("reading the whole backup");
  const { manifest, keyring } = await inspectBackup(path, opener);
  splitMigrations(manifest, migrationsFolder);
  const secrets = secretsFor(manifest, keyring, rings);
  if (config.s3 && manifest.uploads === "carried") {
    throw new BackupProblem(
      "uploaded files are in the backup, and the server would look for them in the bucket: unset S3_ENDPOINT",
    );
  }
  await requireEmptyFolder(config.dataDir);
  await requireEmptyDatabase(config);

  const existed = (await stat(config.dataDir).catch(() => null)) !== null;
  const dataDir = await prepareDataDir(config.dataDir);
  const { before, done } = await claimEmptyFolder(dataDir);
  const stored = keyring ? parseKeyring(keyring.toString("utf8")) : {};
  const password = stored.DATABASE_PASSWORD ?? randomBytes(36).toString("base64url");
  const sink = createFolderSink(dataDir);
  let isFilled = false;
  try {
    const target = await openTarget(config, dataDir, password);
    try {
      say("restoring");
      const { verified } = await fillDatabase({
        owner: target.owner,
        steps: interruptible(readBackup(path, opener), input.signal),
        secrets,
        migrationsFolder,
        file: sink.file,
        endSessions: input.endSessions ?? false,
        async beforeCommit(sql) {
          await recordAct(sql, "backup.restored", {
            createdAt: manifest.createdAt,
            rows: rowsOf(manifest),
          });
          await sink.writeLedger();
          await sink.writeKeyring({ DATABASE_PASSWORD: password });
        },
      });
      isFilled = true;
      await done();
      return { manifest, verified };
    } finally {
      await target.stop();
    }
  } catch (error) {
    if (isFilled) {
      throw new BackupProblem(
        `everything is restored, but the end went wrong: ${messageOf(error)}`,
        { cause: error },
      );
    }
    // No commit was asked for where it is ours; where the connection was lost, nobody has told how one ended.
    if (!(error instanceof BackupProblem) && !(await isStillEmpty(config))) {
      throw new BackupProblem(
        `${messageOf(error)}. The database may be filled, so DATA_DIR ${dataDir} is kept. If the database holds tables, everything is restored: delete the folder restoring in DATA_DIR and start the server. If it holds none, delete DATA_DIR and begin again`,
        { cause: error },
      );
    }
    await sink.undoLedger();
    await emptyFolder(dataDir, before);
    await done();
    if (!existed) await rmdir(dataDir).catch(() => {});
    throw error;
  }
}

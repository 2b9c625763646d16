import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { splitMigrations } from "@muniment/db/backup/fresh-database.ts";
import { BackupProblem } from "@muniment/db/backup/problem.ts";
import type { ConnectionFacts } from "@muniment/db/connection.ts";
import { prepareDataDir } from "@muniment/db/embedded/data-directory.ts";
import { startEmbeddedPostgres } from "@muniment/db/embedded/start.ts";
import { createDatabase } from "@muniment/db/migrate.ts";
import { v7 as uuidv7 } from "uuid";
import { databaseName } from "../boot.ts";
import type { Config, SecretRings } from "../config.ts";
import { parseKeyring } from "../keyring.ts";
import type { Secrets } from "../secrets.ts";
import { interruptible } from "./checked.ts";
import { inspectBackup, readBackup } from "./files.ts";
import { fillDatabase, finishDatabase, isFilledBy, requireEmptyDatabase } from "./fill.ts";
import type { Manifest } from "./manifest.ts";
import { recordAct, rowsOf } from "./record.ts";
import { secretsFor } from "./restored-secrets.ts";
import type { Opener } from "./seal.ts";
import {
  type ClaimedFolder,
  claimFolder,
  createFolderSink,
  emptyFolder,
  requireEmptyFolder,
} from "./target-folder.ts";

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

type Target = { owner: ConnectionFacts; stop(): Promise<void> };

async function openTarget(
  config: RestoreInput["config"],
  dataDir: string,
  password: string,
): Promise<Target> {
  if (config.database) return { owner: config.database.owner, stop: async () => {} };
  const embedded = await startEmbeddedPostgres({
    dataDir,
    password,
    log: () => {},
    isLocked: true,
  });
  await createDatabase(embedded.connection, databaseName);
  return { owner: { ...embedded.connection, database: databaseName }, stop: () => embedded.stop() };
}

/** Whether a database of one's own is surely empty, after what went wrong. */
const isStillEmpty = ({ database }: RestoreInput["config"]) =>
  Promise.resolve(database && requireEmptyDatabase(database.owner)).then(
    () => true,
    () => false,
  );

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Which backup it is: no other has the same parts with the same sums. */
const idOf = (manifest: Manifest) =>
  createHash("sha256").update(JSON.stringify(manifest)).digest("hex");

/** What was read of a backup. */
type Read = { manifest: Manifest; keyring: Buffer | null; secrets: Secrets };

/** Fills a claimed folder, in which `before` lay, and the database. `entry` is its own in the audit log. */
async function fill(
  input: RestoreInput,
  { manifest, keyring, secrets }: Read,
  { dataDir, before, entry }: { dataDir: string; before: ReadonlySet<string>; entry: string },
): Promise<Restored & { stop(): Promise<void> }> {
  const { path, opener, config, migrationsFolder, signal, endSessions = false } = input;
  const stored = keyring ? parseKeyring(keyring.toString("utf8")) : {};
  const password = stored.DATABASE_PASSWORD ?? randomBytes(36).toString("base64url");
  const sink = createFolderSink(dataDir);
  let target: Target | undefined;
  try {
    target = await openTarget(config, dataDir, password);
    const { verified } = await fillDatabase({
      owner: target.owner,
      steps: interruptible(readBackup(path, opener), signal),
      secrets,
      migrationsFolder,
      file: sink.file,
      endSessions,
      async beforeCommit(sql) {
        const details = { createdAt: manifest.createdAt, rows: rowsOf(manifest) };
        await recordAct(sql, "backup.restored", details, entry);
        await sink.writeLedger();
        await sink.writeKeyring({ DATABASE_PASSWORD: password });
      },
    });
    return { manifest, verified, stop: target.stop };
  } catch (error) {
    await target?.stop();
    // No commit was asked for where it is ours; where the connection was lost, nobody has told how one ended.
    if (!(error instanceof BackupProblem) && !(await isStillEmpty(config))) {
      throw new DatabaseUnknown(
        `${messageOf(error)}. The database may be filled, so DATA_DIR ${dataDir} is kept: run the same command again. It looks, and finishes or begins anew`,
        { cause: error },
      );
    }
    await sink.undoLedger();
    await emptyFolder(dataDir, before);
    throw error;
  }
}

/** Whether everything is restored cannot be told. */
class DatabaseUnknown extends BackupProblem {}

/** Goes on in a claimed folder where an earlier restore was cut off, or begins. */
async function restoreInto(
  input: RestoreInput,
  read: Read,
  { dataDir, folder }: { dataDir: string; folder: ClaimedFolder },
): Promise<Restored> {
  const { config, endSessions = false } = input;
  const { manifest, secrets } = read;
  const { earlier, begin, done } = folder;
  const backup = idOf(manifest);
  const owner = config.database?.owner;
  if (owner && earlier?.backup === backup && (await isFilledBy(owner, earlier.entry))) {
    if (!existsSync(join(dataDir, "keyring.json"))) {
      throw new BackupProblem(
        `an earlier restore has filled the database, but DATA_DIR ${dataDir} has lost its keyring.json: begin again with an empty database`,
      );
    }
    const verified = await finishDatabase(owner, manifest, { secrets, endSessions });
    await done();
    return { manifest, verified };
  }
  if (owner) {
    await requireEmptyDatabase(owner).catch(async (error: unknown) => {
      if (!earlier) await done();
      throw error;
    });
  }
  const entry = uuidv7();
  const before = await begin({ backup, entry });
  const { verified, stop } = await fill(input, read, { dataDir, before, entry }).catch(
    async (error: unknown) => {
      if (!(error instanceof DatabaseUnknown)) await done();
      throw error;
    },
  );
  try {
    await done();
  } catch (cause) {
    throw new BackupProblem(
      `everything is restored, but the end went wrong: ${messageOf(cause)}. Run the same command again`,
      { cause },
    );
  } finally {
    await stop();
  }
  return { manifest, verified };
}

/**
 * Restores a backup into an empty DATA_DIR, and into an empty database. The whole file is read and checked
 * first; a restore that fails leaves both as they were, and after one that was cut off the next finishes,
 * or begins anew.
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
  const { isMarked } = await requireEmptyFolder(config.dataDir);
  if (config.database && !isMarked) await requireEmptyDatabase(config.database.owner);

  const existed = (await stat(config.dataDir).catch(() => null)) !== null;
  const dataDir = await prepareDataDir(config.dataDir);
  const folder = await claimFolder(dataDir);
  try {
    say("restoring");
    return await restoreInto(input, { manifest, keyring, secrets }, { dataDir, folder });
  } finally {
    await folder.leave();
    // Where nothing was restored.
    if (!existed) await rmdir(dataDir).catch(() => {});
  }
}

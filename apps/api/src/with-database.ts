import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";
import { type Database, openDatabase } from "@muniment/db/database.ts";
import { prepareDataDir } from "@muniment/db/embedded/data-directory.ts";
import { DataDirInUse } from "@muniment/db/embedded/errors.ts";
import { findRunningPostgres } from "@muniment/db/embedded/running.ts";
import { startEmbeddedPostgres } from "@muniment/db/embedded/start.ts";
import { createDatabase, migrate } from "@muniment/db/migrate.ts";
import { prepareRoles } from "@muniment/db/roles.ts";
import { createDataKeys, type DataKeys } from "./audit/data-keys.ts";
import { type BootInput, databaseName } from "./boot.ts";
import type { SecretRings } from "./config.ts";
import { createEncryption } from "./encryption.ts";
import { ringsInUse } from "./key-rotation/in-use.ts";
import { loadKeyring } from "./keyring.ts";
import { deriveSecrets, type Secrets } from "./secrets.ts";

type Input = Pick<BootInput, "config" | "rings" | "migrationsFolder">;

/** The owner's connection: to the database that is configured, is running, or is started for this. */
async function openServer({ config }: Input, dataDir: string, password: string) {
  const stop = async () => {};
  if (config.database) return { owner: config.database.owner, stop };
  try {
    const embedded = await startEmbeddedPostgres({ dataDir, password, log: () => {} });
    await createDatabase(embedded.connection, databaseName);
    return { owner: { ...embedded.connection, database: databaseName }, stop: embedded.stop };
  } catch (error) {
    const running =
      error instanceof DataDirInUse && (await findRunningPostgres({ dataDir, password }));
    if (!running) throw error;
    return { owner: { ...running, database: databaseName }, stop };
  }
}

/** Secrets by which a command makes what the servers can read, which may not know its newest yet. */
async function secretsInUse(owner: ConnectionFacts, rings: SecretRings): Promise<Secrets> {
  const sql = connect(owner, { max: 1, applicationName: "muniment-rings" });
  try {
    return deriveSecrets(await ringsInUse(sql, rings));
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/**
 * Runs `act` on the database of an installation as the application's own role, beside a running
 * server or without one. What it started it stops again.
 * @throws PasswordOfOthers where secrets are not those of the last start
 */
export async function withDatabase<T>(
  input: Input,
  act: (opened: { database: Database; dataKeys: DataKeys; secrets: Secrets }) => Promise<T>,
): Promise<T> {
  const { config } = input;
  const dataDir = await prepareDataDir(config.dataDir);
  const keyring = loadKeyring(dataDir, input.rings);
  const { owner, stop } = await openServer(input, dataDir, keyring.databasePassword);
  try {
    await migrate(owner, input.migrationsFolder);
    const secrets = await secretsInUse(owner, keyring.rings);
    const { connections } = await prepareRoles(
      owner,
      config.database?.app ?? null,
      deriveSecrets(keyring.rings).rolePasswords,
      { keepPasswords: true },
    );
    const database = openDatabase(connections);
    try {
      const { encryption, emailHashes } = secrets;
      const dataKeys = createDataKeys(database.raw, createEncryption(encryption), emailHashes);
      return await act({ database, dataKeys, secrets });
    } finally {
      await database.close();
    }
  } finally {
    await stop();
  }
}

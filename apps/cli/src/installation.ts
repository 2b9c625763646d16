import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import {
  type Config,
  describeProblems,
  parseConfig,
  type SecretName,
  type SecretRings,
  secretNames,
} from "@muniment/api/config.ts";
import { withFiles } from "@muniment/api/env-files.ts";
import { loadKeyring } from "@muniment/api/keyring.ts";
import { deriveSecrets, type Secrets } from "@muniment/api/secrets.ts";
import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";
import { findRunningPostgres } from "@muniment/db/embedded/running.ts";
import { startEmbeddedPostgres } from "@muniment/db/embedded/start.ts";
import { UsageError } from "./command.ts";

type Env = Record<string, string | undefined>;

/** An installation as a command beside or in place of its server sees it. */
export type Installation = {
  config: Config;
  /** The rings as the environment has them; one that is empty is kept in `DATA_DIR/keyring.json`. */
  given: Record<SecretName, string[]>;
  rings: SecretRings;
  secrets: Secrets;
  /** What `DATA_DIR/keyring.json` held, where secrets lie in it that the environment does not give. */
  keyring: string | null;
  /** The owner's connection. */
  owner: ConnectionFacts;
  /** Stops what was started for the command. */
  close(): Promise<void>;
};

/** The name boot gives the embedded server's database. */
const embeddedDatabase = "muniment";

/** The settings of a file instead of the environment's. @throws UsageError where it cannot be read */
export async function readEnvFile(path: string): Promise<Env> {
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw new UsageError(`--env-file: ${cause.message}`, { cause });
  });
  return parseEnv(text);
}

async function answers(facts: ConnectionFacts): Promise<boolean> {
  const sql = connect(facts, { max: 1, applicationName: "muniment-cli" });
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** The embedded PostgreSQL: the server's, where it runs, or else one for as long as the command lasts. */
async function embedded(dataDir: string, password: string, alone: boolean) {
  const running = alone ? undefined : await findRunningPostgres({ dataDir, password });
  if (running && (await answers({ ...running, database: embeddedDatabase }))) {
    return { owner: { ...running, database: embeddedDatabase }, close: async () => {} };
  }
  const started = await startEmbeddedPostgres({ dataDir, password, log: () => {} });
  return {
    owner: { ...started.connection, database: embeddedDatabase },
    close: () => started.stop(),
  };
}

/**
 * The settings and secrets of the installation that an environment describes.
 * @throws UsageError where the settings are wrong or there is no installation
 */
export function readInstallation(environment: Env) {
  const { env, problems } = withFiles(environment);
  const parsed = parseConfig(env, problems);
  if (!parsed.ok) {
    throw new UsageError(`the settings are wrong:\n${describeProblems(parsed.problems)}`);
  }
  const { config, rings: given } = parsed;
  if (!existsSync(join(config.dataDir, "keyring.json"))) {
    throw new UsageError(
      `DATA_DIR ${config.dataDir} holds no installation: set it as for the server`,
    );
  }
  const { rings, databasePassword, text } = loadKeyring(config.dataDir, given);
  const keyring = secretNames.some((name) => given[name].length === 0) ? text : null;
  return { config, given, rings, secrets: deriveSecrets(rings), keyring, databasePassword };
}

/**
 * Opens the same with its database, an embedded PostgreSQL `alone` where no server may run beside the
 * command.
 * @throws UsageError as `readInstallation`
 * @throws DataDirInUse where a server runs that may not
 */
export async function openInstallation(
  environment: Env,
  { alone = false }: { alone?: boolean } = {},
): Promise<Installation> {
  const { databasePassword, ...read } = readInstallation(environment);
  const { config } = read;
  if (config.database) {
    return { ...read, owner: config.database.owner, close: async () => {} };
  }
  return { ...read, ...(await embedded(config.dataDir, databasePassword, alone)) };
}

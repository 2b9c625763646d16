import { type SecretName, secretNames } from "@muniment/api/config.ts";
import type { DatabaseFacts } from "@muniment/api/posture/gather/database.ts";
import type { FilesFacts } from "@muniment/api/posture/gather/files.ts";
import { type LiveDatabase, readLiveDatabase } from "@muniment/api/posture/gather/live-database.ts";
import type { SettingsFacts } from "@muniment/api/posture/gather/settings.ts";
import { deriveSecrets } from "@muniment/api/secrets.ts";
import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";
import { findRunningPostgres } from "@muniment/db/embedded/running.ts";
import { roleNames } from "@muniment/db/role-names.ts";

/** The name boot gives the embedded server's database. */
const embeddedDatabase = "muniment";

type Keyring = NonNullable<FilesFacts["keyringSecrets"]>;

/** The application's role as the server would sign it in, unless its own URL says who it is. */
function appRolesOf(owner: ConnectionFacts, { rings: given }: SettingsFacts, keyring: Keyring) {
  const rings = Object.fromEntries(
    secretNames.map((name) => [
      name,
      given[name].length > 0 ? given[name] : (keyring[name] ?? [""]),
    ]),
  ) as Record<SecretName, string[]>;
  const username = roleNames(owner.database).app;
  const passwords = deriveSecrets(rings).rolePasswords(username);
  return passwords.map((password) => ({ ...owner, username, password }));
}

async function ownerOfEmbedded(dataDir: string, keyring: Keyring) {
  const password = keyring.DATABASE_PASSWORD ?? "";
  const found = await findRunningPostgres({ dataDir, password }).catch(() => undefined);
  return found && { ...found, database: embeddedDatabase };
}

const isRefusedSignIn = (error: unknown) =>
  error instanceof Error && "code" in error && ["28P01", "28000"].includes(String(error.code));

async function look(facts: ConnectionFacts): Promise<LiveDatabase> {
  const sql = connect(facts, { max: 1, applicationName: "muniment-security-check" });
  try {
    return await readLiveDatabase(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/**
 * What the database says of itself to the application; where its role was never made, to the owner, whom
 * the server would use instead. Starts nothing.
 */
export async function askAsApplication(
  settings: SettingsFacts,
  { keyringSecrets }: FilesFacts,
): Promise<DatabaseFacts["live"]> {
  const keyring = keyringSecrets ?? {};
  const { database, config } = settings;
  const owner = database ? database.owner : await ownerOfEmbedded(config.dataDir, keyring);
  if (!owner) return { problem: "the embedded database is not running" };
  try {
    if (database?.app) return { database: await look(database.app) };
    for (const app of appRolesOf(owner, settings, keyring)) {
      const found = await look(app).catch((error: unknown) => {
        if (!isRefusedSignIn(error)) throw error;
      });
      if (found) return { database: found };
    }
    return { database: await look(owner) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

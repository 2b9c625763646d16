import { join } from "node:path";
import { isLoopback, type SecretName, secretNames } from "@muniment/api/config.ts";
import { deriveSecrets } from "@muniment/api/secrets.ts";
import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";
import { CLUSTER, recordedHome } from "@muniment/db/embedded/database-home.ts";
import { findRunningPostgres } from "@muniment/db/embedded/running.ts";
import { findSocketDirectory } from "@muniment/db/embedded/socket-directory.ts";
import { roleNames } from "@muniment/db/role-names.ts";
import { type FileFact, factOf } from "./files.ts";
import { type LiveDatabase, readLiveDatabase } from "./live-database.ts";
import type { SettingsFacts } from "./settings.ts";

export type DatabaseFacts = {
  embedded: { directory: FileFact | null; socketDirectory: FileFact | null } | null;
  external: {
    /** Off this machine. */
    remote: boolean;
    tls: boolean;
    /** The authority in PEM; empty for the system's. */
    authority: string;
    /** Of the application's connection, where it is given. */
    username: string;
    password: string;
  } | null;
  live: { database: LiveDatabase } | { problem: string };
};

/** The name boot gives the embedded server's database. */
const embeddedDatabase = "muniment";

type Given = {
  settings: SettingsFacts;
  dataDir: string;
  keyringSecrets: Record<string, string>;
};

/** The application's role as the server would sign it in, unless its own URL says who it is. */
function appRolesOf(owner: ConnectionFacts, { settings, keyringSecrets }: Given) {
  const rings = Object.fromEntries(
    secretNames.map((name) => {
      const given = settings.rings[name];
      return [name, given.length > 0 ? given : [keyringSecrets[name] ?? ""]];
    }),
  ) as Record<SecretName, string[]>;
  const username = roleNames(owner.database).app;
  const passwords = deriveSecrets(rings).rolePasswords(username);
  return passwords.map((password) => ({ ...owner, username, password }));
}

async function ownerOfEmbedded({ dataDir, keyringSecrets }: Given) {
  const password = keyringSecrets.DATABASE_PASSWORD ?? "";
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

/** As the application; where its role was never made, as the owner, whom the server would use instead. */
async function lookAsApplication(given: Given): Promise<DatabaseFacts["live"]> {
  const { database } = given.settings;
  const owner = database ? database.owner : await ownerOfEmbedded(given);
  if (!owner) return { problem: "the embedded database is not running" };
  try {
    if (database?.app) return { database: await look(database.app) };
    for (const app of appRolesOf(owner, given)) {
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

async function readEmbedded(dataDir: string): Promise<DatabaseFacts["embedded"]> {
  const home = (await recordedHome(dataDir).catch(() => undefined)) ?? dataDir;
  const socketDirectory = await findSocketDirectory(home);
  return {
    directory: await factOf(join(home, CLUSTER)),
    socketDirectory: socketDirectory === undefined ? null : await factOf(socketDirectory),
  };
}

/** How an external database is reached, as far as the settings say. */
export function externalOf({ database }: SettingsFacts): DatabaseFacts["external"] {
  if (!database) return null;
  const facts = database.app ?? database.owner;
  return {
    remote: !isLoopback(facts.host),
    tls: facts.tls !== undefined,
    authority: facts.tls?.ca ?? "",
    username: facts.username,
    password: facts.password,
  };
}

/** What the database says of itself to the application, and how it is reached. Starts nothing. */
export async function readDatabase(given: Given): Promise<DatabaseFacts> {
  const { settings, dataDir } = given;
  return {
    embedded: settings.database ? null : await readEmbedded(dataDir),
    external: externalOf(settings),
    live: await lookAsApplication(given),
  };
}

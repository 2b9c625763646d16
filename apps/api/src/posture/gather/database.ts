import { join } from "node:path";
import { CLUSTER, recordedHome } from "@muniment/db/embedded/database-home.ts";
import { findSocketDirectory } from "@muniment/db/embedded/socket-directory.ts";
import { isLoopback } from "../../config.ts";
import { type FileFact, factOf } from "./files.ts";
import type { LiveDatabase } from "./live-database.ts";
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

export async function readEmbedded(dataDir: string): Promise<DatabaseFacts["embedded"]> {
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

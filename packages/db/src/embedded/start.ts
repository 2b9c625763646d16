import { join } from "node:path";
import { findPlatformPackage, majorVersion, usableBinaries } from "./binaries.ts";
import { childUserFor, isRoot } from "./child-user.ts";
import { prepareDataDir } from "./data-directory.ts";
import { CLUSTER, chooseDatabaseHome, SYSTEM_PLACE } from "./database-home.ts";
import { ensureCluster, OWNER } from "./initialise.ts";
import { endLeftovers } from "./leftovers.ts";
import { lockDirectory } from "./lock.ts";
import { type EmbeddedPostgres, startServer } from "./server.ts";
import { spawnServer } from "./server-process.ts";
import { clusterNameFor, serverArguments } from "./settings.ts";
import { openSocketDirectory, removeSocketDirectory, SOCKET_PORT } from "./socket-directory.ts";

export type { EmbeddedPostgres };

export type StartOptions = {
  dataDir: string;
  /** Of the owner role. Set when the database is made; every later start must give the same. */
  password: string;
  log: (line: string) => void;
  /** PostgreSQL settings on top of the defaults. */
  settings?: Record<string, string>;
  /** The file whose dependencies hold the platform package, where that is not this one (a bundle). */
  resolveFrom?: string;
  /** Whether the caller holds the lock of DATA_DIR (`lockDirectory`), and gives it up itself. */
  isLocked?: boolean;
};

/**
 * Starts PostgreSQL on DATA_DIR, making the database first if there is none, and resolves when it
 * answers. Recovers from a process that was killed at any point of an earlier run.
 *
 * @throws EmbeddedPostgresError one of its subclasses says why, and what to do
 */
export async function startEmbeddedPostgres(options: StartOptions): Promise<EmbeddedPostgres> {
  const found = await findPlatformPackage(options.resolveFrom ?? import.meta.url);
  const dataDir = await prepareDataDir(options.dataDir);
  const releases = options.isLocked ? [] : [await lockDirectory(dataDir)];
  const release = async () => {
    for (const undo of releases.splice(0).reverse()) await undo();
  };
  try {
    const home = await chooseDatabaseHome(dataDir, options.log);
    // A copy of DATA_DIR records the same home.
    if (home !== dataDir) releases.push(await lockDirectory(home));
    const cluster = join(home, CLUSTER);
    const clusterName = clusterNameFor(cluster);
    const user = await childUserFor(cluster);
    const native = await usableBinaries(found, isRoot() ? SYSTEM_PLACE : dataDir, user);
    const { password, log } = options;

    await endLeftovers(clusterName);
    const major = majorVersion(found);
    await ensureCluster({ home, native, major, clusterName, password, user });
    const host = await openSocketDirectory(home, user);
    releases.push(() => removeSocketDirectory(home));
    const args = serverArguments(host, clusterName, options.settings ?? {});
    return await startServer({
      connection: { host, port: SOCKET_PORT, database: "postgres", username: OWNER, password },
      launch: () => spawnServer({ native, cluster, args, user, log }),
      cluster,
      clusterName,
      release,
    });
  } catch (error) {
    await release();
    throw error;
  }
}

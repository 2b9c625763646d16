import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CLUSTER, recordedHome } from "./database-home.ts";
import { endLeftovers } from "./leftovers.ts";
import { clusterNameFor } from "./settings.ts";

/**
 * Removes the database of a DATA_DIR (its real path), wherever it lies, and ends a server of it whose
 * owner was killed. The caller holds the lock of DATA_DIR.
 */
export async function removeEmbeddedDatabase(dataDir: string): Promise<void> {
  const home = (await recordedHome(dataDir).catch(() => undefined)) ?? dataDir;
  await endLeftovers(clusterNameFor(join(home, CLUSTER)));
  await rm(home === dataDir ? join(dataDir, CLUSTER) : home, { recursive: true, force: true });
}

import { rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CLUSTER, recordedHome, SYSTEM_PLACE } from "./database-home.ts";
import { endLeftovers } from "./leftovers.ts";
import { clusterNameFor } from "./settings.ts";

/**
 * Removes the database of a DATA_DIR (its real path), in it or in the place of the system, and ends a
 * server of it whose owner was killed. The caller holds the lock of DATA_DIR. A record that names any
 * other place is none of ours: nothing there is touched.
 */
export async function removeEmbeddedDatabase(dataDir: string): Promise<void> {
  const recorded = await recordedHome(dataDir).catch(() => undefined);
  const home = recorded && dirname(resolve(recorded)) === SYSTEM_PLACE ? recorded : dataDir;
  await endLeftovers(clusterNameFor(join(home, CLUSTER)));
  await rm(home === dataDir ? join(dataDir, CLUSTER) : home, { recursive: true, force: true });
}

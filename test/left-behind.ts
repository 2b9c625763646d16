import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CLUSTER, SYSTEM_PLACE } from "@muniment/db/embedded/database-home.ts";

/** Databases below /var/lib/muniment that no server runs: of a DATA_DIR that is gone, or of one at rest. */
function idleHomes(): Set<string> {
  // Only a server of root's puts its database there, and only root may look.
  const isRoot = process.getuid?.() === 0;
  const homes = isRoot && existsSync(SYSTEM_PLACE) ? readdirSync(SYSTEM_PLACE) : [];
  return new Set(
    homes.filter((home) => {
      const cluster = join(SYSTEM_PLACE, home, CLUSTER);
      return existsSync(cluster) && !isRunning(join(cluster, "postmaster.pid"));
    }),
  );
}

function isRunning(pidFile: string): boolean {
  try {
    return existsSync(`/proc/${readFileSync(pidFile, "utf8").split("\n", 1)[0]}`);
  } catch {
    // It has ended, perhaps since the look at the folder.
    return false;
  }
}

/** Fails a run after which there are more of them: a test's DATA_DIR lay where its database's user may not. */
export function setup() {
  const before = idleHomes();
  return () => {
    const left = [...idleHomes()].filter((home) => !before.has(home));
    if (left.length === 0) return;
    // An error here is told, but does not fail the run by itself.
    process.exitCode = 1;
    throw new Error(
      `tests left ${left.join(", ")} in ${SYSTEM_PLACE}: give what is above their DATA_DIR the mode 0711`,
    );
  };
}

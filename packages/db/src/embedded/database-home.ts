import { createHash, randomBytes } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { canReach, childUserFor, isRoot } from "./child-user.ts";
import { DataDirUnusable } from "./errors.ts";
import { isThere, makePassable, readIfThere } from "./files.ts";

/** Where root keeps what the database's own user must reach. */
export const SYSTEM_PLACE = "/var/lib/muniment";

/** Name of the database directory in its home. */
export const CLUSTER = "postgres";

type Log = (line: string) => void;

const RECORD = "postgres.location";

/**
 * The directory that holds the database, its socket and its lock: DATA_DIR itself, or, where the
 * database's own user cannot reach DATA_DIR, one below /var/lib/muniment which DATA_DIR records.
 * Called while DATA_DIR is locked.
 */
export async function chooseDatabaseHome(dataDir: string, log: Log): Promise<string> {
  const recorded = await recordedHome(dataDir);
  if (recorded) return recorded;
  const cluster = join(dataDir, CLUSTER);
  const user = await childUserFor(cluster);
  if (!isRoot() || (await canReach(dataDir, user))) return dataDir;
  if (await isThere(cluster)) {
    throw new DataDirUnusable(
      `The database's own user (uid ${user?.uid}) can no longer reach ${cluster}. Give every directory above it the mode o+x, or move DATA_DIR to a place that user can reach.`,
    );
  }
  return makeSystemHome(dataDir, log);
}

/** The home an earlier start recorded in DATA_DIR, if any. */
export async function recordedHome(dataDir: string): Promise<string | undefined> {
  const record = await readIfThere(join(dataDir, RECORD));
  const home = record?.trim();
  // Never begin again with an empty database where there was a full one.
  if (home && !(await isThere(home))) {
    throw new DataDirUnusable(
      `DATA_DIR ${dataDir} records that its database lies in ${home}, which is gone. Put it back, or set DATA_DIR to an empty directory and restore a backup.`,
    );
  }
  return home || undefined;
}

async function makeSystemHome(dataDir: string, log: Log): Promise<string> {
  await makePassable(SYSTEM_PLACE);
  const name = `${basename(dataDir).slice(0, 50)}-${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}`;
  const home = await makeFirstFree(join(SYSTEM_PLACE, name), log);
  const temporary = join(dataDir, `.${RECORD}-${randomBytes(4).toString("hex")}`);
  await writeFile(temporary, `${home}\n`, { mode: 0o600, flush: true });
  await rename(temporary, join(dataDir, RECORD));
  return home;
}

// A home of that name without a record is what a deleted DATA_DIR left behind: kept, but not ours.
async function makeFirstFree(path: string, log: Log): Promise<string> {
  for (let suffix = 1; ; suffix++) {
    const candidate = suffix === 1 ? path : `${path}-${suffix}`;
    if (!(await makePassable(candidate))) continue;
    if (suffix > 1) log(`A database whose DATA_DIR was deleted is left in ${path}: delete it too.`);
    return candidate;
  }
}

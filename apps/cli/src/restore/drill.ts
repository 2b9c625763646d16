import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Restored, type RestoreInput, restoreBackup } from "@muniment/api/backup/restore.ts";
import { readClaim } from "@muniment/api/backup/restore-mark.ts";
import { emptyFolder } from "@muniment/api/backup/target-folder.ts";
import { DataDirInUse } from "@muniment/db/embedded/errors.ts";
import { lockDirectory } from "@muniment/db/embedded/lock.ts";

const prefix = "muniment-drill-";

/** Removes what drills that were killed have left: all of an installation, keys included. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(await realpath(tmpdir()), name);
    const dataDir = join(folder, "data");
    // Without a claim there is nothing in it, or it is another user's.
    if (!(await readClaim(dataDir))) continue;
    const unlock = await lockDirectory(dataDir).catch((error: unknown) => {
      if (error instanceof DataDirInUse) return null;
      throw error;
    });
    if (!unlock) continue;
    await emptyFolder(dataDir, new Set());
    await unlock();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Restores into a folder that is removed again. */
export async function drill(input: RestoreInput): Promise<Restored> {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), prefix));
  const dataDir = join(folder, "data");
  try {
    return await restoreBackup({ ...input, config: { dataDir, database: null, s3: null } });
  } finally {
    await emptyFolder(dataDir, new Set());
    await rm(folder, { recursive: true, force: true });
  }
}

import { lstat, mkdtemp, readdir, realpath, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Restored, type RestoreInput, restoreBackup } from "@muniment/api/backup/restore.ts";
import { readClaim } from "@muniment/api/backup/restore-mark.ts";
import { emptyFolder } from "@muniment/api/backup/target-folder.ts";
import { lockDirectory } from "@muniment/db/embedded/lock.ts";

const prefix = "muniment-drill-";

/** More than a drill takes from making its folder to claiming it. */
const beginMilliseconds = 60_000;

/** The DATA_DIR in the folder of a drill. */
const dataOf = (folder: string) => join(folder, "data");

/** Whether nobody but this user, and root, can have put anything there: anyone may into `tmpdir()`. */
async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/** @throws DataDirInUse where somebody works in it */
async function removeDrill(folder: string): Promise<void> {
  const unlock = await lockDirectory(dataOf(folder));
  try {
    await emptyFolder(dataOf(folder), new Set());
  } finally {
    await unlock();
  }
  await rm(folder, { recursive: true, force: true });
}

/** Removes what drills of this user that were killed have left: all of an installation, keys included. */
async function removeLeftovers(): Promise<void> {
  const place = await realpath(tmpdir());
  for (const name of await readdir(place)) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(place, name);
    try {
      if (!(await isOurs(folder))) continue;
      // A young one without a claim may be another's who begins; an old one was killed while it cleared.
      const isOld = (await lstat(folder)).mtimeMs < Date.now() - beginMilliseconds;
      if (isOld && (await readdir(folder)).length === 0) await rmdir(folder);
      else if (!(await isOurs(dataOf(folder)))) continue;
      else if (isOld || (await readClaim(dataOf(folder)))) await removeDrill(folder);
    } catch {
      // It is under way, or gone, or cannot be removed: none of that keeps this drill from its work.
    }
  }
}

/** Restores into a folder that is removed again. */
export async function drill(input: RestoreInput): Promise<Restored> {
  await removeLeftovers();
  const folder = await mkdtemp(join(await realpath(tmpdir()), prefix));
  try {
    const config = { dataDir: dataOf(folder), database: null, s3: null };
    return await restoreBackup({ ...input, config });
  } finally {
    await removeDrill(folder);
  }
}

import { createReadStream } from "node:fs";
import { chmod, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { BackupProblem } from "@muniment/db/backup/problem.ts";
import { checkBackup, checkedSteps, interruptible } from "./checked.ts";
import { readFrames } from "./frames.ts";
import type { Manifest } from "./manifest.ts";
import { createSealing, type Lock, type Opener, unseal } from "./seal.ts";
import { type Source, writeBackup } from "./source.ts";

/** Makes durable which names are in a folder. */
export async function syncFolder(path: string) {
  const handle = await open(path, "r");
  await handle.sync().finally(() => handle.close());
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function* contents(path: string) {
  const stream = createReadStream(path, { highWaterMark: 256 * 1024 });
  yield* stream;
}

/** The steps of a backup file (`checkedSteps`). @throws BackupProblem */
export async function* readBackup(path: string, opener: Opener) {
  yield* checkedSteps(readFrames(await unseal(contents(path), opener)));
}

/** Reads a whole backup file without restoring it. @throws BackupProblem where it cannot be restored */
export async function inspectBackup(path: string, opener: Opener) {
  return checkBackup(readFrames(await unseal(contents(path), opener)));
}

async function writeDurably(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const handle = await open(path, "wx", 0o600);
  let written = 0;
  try {
    // Whatever the process's umask says.
    await chmod(path, 0o600);
    for await (const chunk of bytes) {
      await handle.writeFile(chunk);
      written += chunk.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return written;
}

/**
 * Makes a backup in a new file, readable by its owner only, and reads it back whole. Under its name there
 * is a complete and checked backup or nothing.
 * @throws BackupProblem where there is a file of the name, or what was read back is not what was written
 */
export async function makeBackup(
  path: string,
  source: Source,
  lock: Lock,
  signal?: AbortSignal,
): Promise<{ manifest: Manifest; bytes: number }> {
  if (await isThere(path))
    throw new BackupProblem(`${path} is there already; it is not overwritten`);
  const unfinished = `${path}.${process.pid}.part`;
  const { seal, opener } = await createSealing(lock);
  let manifest: Manifest | undefined;
  try {
    const plain = writeBackup(source, (told) => {
      manifest = told;
    });
    const bytes = await writeDurably(unfinished, await seal(interruptible(plain, signal)));
    const { manifest: read } = await inspectBackup(unfinished, opener);
    if (!isDeepStrictEqual(read, manifest) || !manifest) {
      throw new BackupProblem("what was written cannot be read back as it was");
    }
    if (await isThere(path))
      throw new BackupProblem(`${path} is there already; it is not overwritten`);
    await rename(unfinished, path);
    await syncFolder(dirname(path));
    return { manifest, bytes };
  } finally {
    await rm(unfinished, { force: true });
  }
}

const pattern = /^muniment-\d{8}T\d{6}Z\.backup(?:\.age)?$/;

/** The name of a backup in a folder of them; names sort by time. */
export const backupName = (at: Date, lock: Lock) =>
  `muniment-${at.toISOString().replace(/[-:]|\.\d+/g, "")}.backup${lock.kind === "none" ? "" : ".age"}`;

/**
 * Deletes all but the newest backups that have such names in the folder of the one just made; answers which.
 * @throws BackupProblem where another counts as newer than that one; nothing is deleted then
 */
export async function pruneBackups(made: string, keep: number): Promise<string[]> {
  const folder = dirname(made);
  const names = (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  const newest = names.at(-1);
  if (newest !== basename(made)) {
    throw new BackupProblem(
      `${made} is made and checked, but ${newest} counts as newer: the clock went back. Nothing was deleted; move what is not newer away`,
    );
  }
  const old = names.slice(0, Math.max(0, names.length - keep));
  for (const name of old) await rm(join(folder, name));
  if (old.length > 0) await syncFolder(folder);
  return old;
}

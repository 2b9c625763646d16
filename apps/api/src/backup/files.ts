import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, link, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
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

const pattern = /^muniment-\d{8}T\d{6}Z\.backup(?:\.age)?$/;

const isTaken = (path: string) =>
  new BackupProblem(`${path} is there already; it is not overwritten`);

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : null);

/**
 * Gives a file its name, where nothing has it.
 * @throws BackupProblem where something has, however late it came
 */
export async function nameExclusively(from: string, to: string, makeLink = link): Promise<void> {
  try {
    await makeLink(from, to);
    await rm(from);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw isTaken(to);
    // Places without links, of USB sticks or other systems.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(String(codeOf(error)))) throw error;
    const own = await open(to, "wx", 0o600).catch((cause: unknown) => {
      throw codeOf(cause) === "EEXIST" ? isTaken(to) : cause;
    });
    await own.close();
    await rename(from, to);
  }
}

/** An unfinished backup is touched each minute; one that was not for so long is of a process that was killed. */
const abandonedMilliseconds = 15 * 60_000;

/** Removes what backups that were killed have left where this one is to be. */
async function removeAbandoned(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    const [, of = ""] = /^(.+)\.(?:[0-9a-f]{12}|\d+)\.part$/.exec(name) ?? [];
    if (!pattern.test(of) && of !== basename(path)) continue;
    const found = await stat(join(folder, name)).catch(() => null);
    if (found && Date.now() - found.mtimeMs > abandonedMilliseconds) {
      // Another user's, where each may only remove their own: no reason to make none.
      await rm(join(folder, name), { force: true }).catch(() => {});
    }
  }
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
  if (await isThere(path)) throw isTaken(path);
  const { seal, opener } = await createSealing(lock);
  await removeAbandoned(path);
  const unfinished = `${path}.${randomBytes(6).toString("hex")}.part`;
  const touch = () => utimes(unfinished, new Date(), new Date()).catch(() => {});
  const touching = setInterval(touch, 60_000);
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
    await nameExclusively(unfinished, path);
    await syncFolder(dirname(path));
    return { manifest, bytes };
  } finally {
    clearInterval(touching);
    await rm(unfinished, { force: true });
  }
}

/** The name of a backup in a folder of them; names sort by time. */
export const backupName = (at: Date, lock: Lock) =>
  `muniment-${at.toISOString().replace(/[-:]|\.\d+/g, "")}.backup${lock.kind === "none" ? "" : ".age"}`;

/**
 * Deletes all but the newest backups that have such names in the folder of the one just made; answers which.
 * Empty files are none.
 * @throws BackupProblem where another counts as newer than that one; nothing is deleted then
 */
export async function pruneBackups(made: string, keep: number): Promise<string[]> {
  const folder = dirname(made);
  const names: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    if (!pattern.test(name)) continue;
    const found = await stat(join(folder, name)).catch(() => null);
    // A name that was taken without links (`nameExclusively`), and whose backup was killed then.
    if (found && found.size > 0) names.push(name);
  }
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

import { chmod, mkdir, readdir, realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { isRoot } from "./child-user.ts";
import { DataDirUnusable } from "./errors.ts";

// Any of these tells that a directory with something in it is one of ours.
const OURS = [
  "erasures.jsonl",
  "keyring.json",
  "lock",
  "outbox",
  "postgres",
  "postgres.location",
  "restoring",
  "uploads",
];
const HARMLESS = ["lost+found", ".DS_Store", ".gitkeep"];

/**
 * Makes DATA_DIR if absent, takes it over if empty, and sets its mode: 0700, as root 0711, because the
 * database's own user must pass through. Resolves with its real path.
 *
 * @throws DataDirUnusable when it cannot be made, belongs to another user, or holds foreign files
 */
export async function prepareDataDir(dataDir: string): Promise<string> {
  const wanted = resolve(dataDir);
  try {
    await mkdir(wanted, { recursive: true, mode: 0o700 });
    const directory = await realpath(wanted);
    await refuseForeign(directory);
    await chmod(directory, isRoot() ? 0o711 : 0o700);
    return directory;
  } catch (cause) {
    if (cause instanceof DataDirUnusable) throw cause;
    throw new DataDirUnusable(
      `DATA_DIR ${wanted} cannot be used: ${String(cause)}. Set DATA_DIR to a directory this user may write to.`,
      { cause },
    );
  }
}

// Changing the mode of a directory that is not ours can break a machine (DATA_DIR=/etc).
async function refuseForeign(directory: string): Promise<void> {
  const { uid } = await stat(directory);
  if (!isRoot() && uid !== process.geteuid?.()) {
    throw new DataDirUnusable(
      `DATA_DIR ${directory} belongs to another user (uid ${uid}). Start as that user, or set DATA_DIR to another directory.`,
    );
  }
  const entries = await readdir(directory);
  const foreign = entries.find((name) => !HARMLESS.includes(name));
  if (foreign !== undefined && !entries.some((name) => OURS.includes(name))) {
    throw new DataDirUnusable(
      `DATA_DIR ${directory} is not empty and not a data directory of Muniment (it holds ${JSON.stringify(foreign)}). Set DATA_DIR to an empty or new directory.`,
    );
  }
}

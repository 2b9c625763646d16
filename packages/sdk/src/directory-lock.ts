import { randomUUID } from "node:crypto";
import {
  constants,
  copyFile,
  link,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a lock without text may be one that is being written. */
const emptyMilliseconds = 1000;

/** When a process began, where the system tells: a number that a later one of the same id does not have. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

async function isHeld(text: string): Promise<boolean> {
  const [id, start = ""] = text.split(" ");
  const pid = Number(id);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return start === "" || start === (await startOf(pid));
}

/**
 * Gives a file a second name unless there is one already. It has its text at once; on a file system
 * without hard links a moment later.
 */
async function isNamed(file: string, path: string): Promise<boolean> {
  const isThere = (error: NodeJS.ErrnoException) => error.code === "EEXIST";
  try {
    await link(file, path).catch((error: NodeJS.ErrnoException) => {
      if (isThere(error)) throw error;
      return copyFile(file, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (isThere(error as NodeJS.ErrnoException)) return false;
    throw error;
  }
}

/**
 * Makes `path` a name of `file`. Who takes over from a holder that is gone first claims the name made of
 * that holder, so that two who find the same one cannot both replace it.
 */
async function claim(file: string, path: string, inUse: (pid: string) => Error): Promise<void> {
  const read = () => readFile(path, "utf8").catch(() => null);
  while (!(await isNamed(file, path))) {
    let holder = await read();
    if (holder === "") {
      await sleep(emptyMilliseconds);
      holder = await read();
    }
    // Let go meanwhile.
    if (holder === null) continue;
    if (await isHeld(holder)) throw inUse(holder.split(" ")[0] ?? "");
    const turn = `${path}.${holder.replaceAll(/\W/g, "-").slice(0, 40)}`;
    await claim(file, turn, inUse);
    if ((await read()) === holder) return rename(turn, path);
    await rm(turn, { force: true });
  }
}

/** Removes what claimants left that were killed. */
async function tidy(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith("lock-")) continue;
    const path = join(directory, name);
    const claimant = await readFile(path, "utf8").catch(() => "");
    if (claimant !== "" && !(await isHeld(claimant))) await rm(path, { force: true });
  }
}

/**
 * Makes a directory this process's own. A lock whose process is gone is taken over.
 * @throws Error where another process, or this one already, holds it
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, "lock");
  const file = `${path}-${randomUUID()}`;
  try {
    await writeFile(file, `${process.pid} ${await startOf(process.pid)}`, { mode: 0o600 });
    await claim(
      file,
      path,
      (pid) => new Error(`The queue in ${directory} is in use by process ${pid}.`),
    );
  } finally {
    await rm(file, { force: true });
  }
  await tidy(directory).catch(() => {});
  let isOurs = true;
  return async () => {
    if (isOurs) await rm(path, { force: true });
    isOurs = false;
  };
}

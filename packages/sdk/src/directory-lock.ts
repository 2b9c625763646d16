import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** When a process began, where the system tells: a number that a later one of the same id does not have. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

async function isHeld(text: string): Promise<boolean> {
  const [pid = 0, start = ""] = text.split(" ").map((part, at) => (at === 0 ? Number(part) : part));
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return start === "" || start === (await startOf(pid));
}

/**
 * Makes a directory this process's own. A lock whose process is gone is taken over.
 * @throws Error where another process, or this one already, holds it
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, "lock");
  const text = `${process.pid} ${await startOf(process.pid)}`;
  for (let tries = 0; ; tries += 1) {
    try {
      await writeFile(path, text, { flag: "wx", mode: 0o600 });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || tries > 2) throw error;
    }
    const holder = await readFile(path, "utf8").catch(() => "");
    if (await isHeld(holder)) {
      throw new Error(`The queue in ${directory} is in use by process ${holder.split(" ")[0]}.`);
    }
    await rm(path, { force: true });
  }
}

import { access, chmod, mkdir, readFile } from "node:fs/promises";

/**
 * Makes sure of a directory that others may pass through but not list, whatever the umask says; tells
 * whether it is new.
 */
export async function makePassable(directory: string): Promise<boolean> {
  const made = await mkdir(directory, { recursive: true });
  await chmod(directory, 0o711);
  return made !== undefined;
}

/** The content of a file, or `undefined` if there is none; any other failure is thrown. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** Tells whether the path names anything. */
export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

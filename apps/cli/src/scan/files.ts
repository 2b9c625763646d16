import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../command.ts";

/** Compressed, or of others; nobody finds a secret there by reading. */
const isPassedOver = (path: string) =>
  basename(path) === "node_modules" ||
  (basename(path) === "objects" && basename(dirname(path)) === ".git");

async function* filesBelow(
  folder: string,
  unread: (path: string, error: unknown) => void,
): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    unread(folder, error);
    return [];
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    // A link's target is looked at where it lies, or is outside of what was named.
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !isPassedOver(path)) yield* filesBelow(path, unread);
  }
}

/** The files that paths name, and all below folders. @throws UsageError where one is not there */
export async function* filesOf(
  paths: readonly string[],
  unread: (path: string, error: unknown) => void,
): AsyncGenerator<string> {
  const named = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch((cause: Error) => {
        throw new UsageError(cause.message, { cause });
      });
      return { path, isFolder: found.isDirectory() };
    }),
  );
  for (const { path, isFolder } of named) {
    if (isFolder) yield* filesBelow(path, unread);
    else yield path;
  }
}

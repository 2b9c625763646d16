import { basename, relative, resolve } from "node:path";
import type { Facts } from "./facts.ts";
import type { FileFact } from "./gather/files.ts";

/**
 * The same facts without places in the file system, which are no business of who may look at the product
 * and not at its machine: a file is named by where it lies in DATA_DIR, or by its own name.
 */
export function withNamedPlaces(facts: Facts): Facts {
  const dataDir = resolve(facts.settings.config.dataDir);
  const nameOf = (path: string) => {
    const inside = relative(dataDir, resolve(path));
    if (inside.startsWith("..")) return basename(path);
    return inside === "" ? "DATA_DIR" : `DATA_DIR/${inside}`;
  };
  const one = <T extends FileFact | null>(fact: T): T =>
    fact && { ...fact, path: nameOf(fact.path) };
  const { files, database, settings } = facts;
  const { embedded } = database;
  return {
    ...facts,
    settings: {
      ...settings,
      // It tells the path of what could not be read.
      problems: settings.problems.map((problem) =>
        problem.variable.endsWith("_FILE") ? { ...problem, problem: "cannot be read" } : problem,
      ),
    },
    files: {
      ...files,
      dataDir: one(files.dataDir),
      keyring: one(files.keyring),
      outbox: files.outbox.map(one),
      secretFiles: files.secretFiles.map(one),
      envFiles: files.envFiles.map(one),
    },
    database: {
      ...database,
      embedded: embedded && {
        directory: one(embedded.directory),
        socketDirectory: one(embedded.socketDirectory),
      },
    },
  };
}

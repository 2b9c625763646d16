import { readFile, rename, writeFile } from "node:fs/promises";
import { UsageError } from "../command.ts";

const form = /^[\x21-\x7e]{1,128}$/;

/**
 * Where a tail stands, written to a file of the caller's if there is one, at most once a second and at
 * the end: what was printed and not yet written down is printed again.
 */
export async function keepPosition(path: string | undefined, given: string | undefined) {
  let id = given ?? (path === undefined ? undefined : await readPosition(path));
  let written = id;
  let at = 0;

  async function write(): Promise<void> {
    if (path === undefined || id === undefined || id === written) return;
    const next = id;
    await writeFile(`${path}.new`, `${next}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
    written = next;
  }

  let saving = Promise.resolve();
  /** One after another: they share the file beside. */
  function save(): Promise<void> {
    saving = saving.catch(() => {}).then(write);
    return saving;
  }

  let reached = id;
  return {
    id: () => id,
    /** A message of that id has come; one that holds an event counts when it was printed. */
    reach(next: string, isEvent: boolean): void {
      reached = next;
      if (!isEvent) id = next;
    },
    passed(): void {
      id = reached;
      if (Date.now() - at < 1000) return;
      at = Date.now();
      void save().catch(() => {});
    },
    save,
  };
}

async function readPosition(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new UsageError(`--state ${path}: ${error.message}`, { cause: error });
  });
  const id = text?.trim();
  if (id !== undefined && !form.test(id)) {
    throw new UsageError(`--state ${path} holds no position of a tail.`);
  }
  return id;
}

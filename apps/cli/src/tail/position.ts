import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { UsageError } from "../command.ts";

const form = /^[\x21-\x7e]{1,128}$/;

/**
 * Where a tail stands, written to a file of the caller's if there is one, at most once a second and at
 * the end: what was printed and not yet written down is printed again. `warn` is told once when it
 * cannot be written, until it can; `save` rejects.
 * @throws UsageError where the file can be neither read nor written
 */
export async function keepPosition(
  path: string | undefined,
  given: string | undefined,
  warn: (problem: string) => void,
) {
  let id = given ?? (path === undefined ? undefined : await readPosition(path));
  if (path !== undefined) await tryWriting(path, id ?? "");
  let written = id;
  let at = 0;
  let isKept = true;

  async function write(): Promise<void> {
    if (path === undefined || id === undefined || id === written) return;
    const next = id;
    try {
      await writeFile(`${path}.new`, `${next}\n`, { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (cause) {
      const problem = `--state ${path} cannot be written: ${messageOf(cause)}`;
      if (isKept) warn(`${problem}; what is printed from now on would be printed again.`);
      isKept = false;
      throw new Error(problem, { cause });
    }
    isKept = true;
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

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Before anything is printed that could not be noted. @throws UsageError */
async function tryWriting(path: string, text: string): Promise<void> {
  try {
    await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600 });
    await rm(`${path}.new`);
  } catch (cause) {
    throw new UsageError(`--state ${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
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

import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The last checkpoint that this node saw, kept where the database's administrator has no business. */
export type SeenCheckpoint = {
  /** Null where none was kept. */
  read(): Promise<string | null>;
  write(note: string): Promise<void>;
};

export const seenCheckpointPath = (dataDir: string) => join(dataDir, "audit-checkpoint");

export function keepSeenCheckpoint(dataDir: string): SeenCheckpoint {
  const path = seenCheckpointPath(dataDir);
  return {
    read: () =>
      readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw error;
      }),
    async write(note) {
      const temporary = `${path}.${process.pid}.tmp`;
      // Else a machine that loses its power may have an empty file, and the log would not be extended.
      await writeFile(temporary, note, { mode: 0o600, flush: true });
      await rename(temporary, path);
    },
  };
}

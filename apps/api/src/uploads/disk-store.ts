import { constants } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileStore } from "./file-store.ts";

const isMissing = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/** Makes a change of names in a folder durable. */
async function sync(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  await handle.sync().finally(() => handle.close());
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const handle = await open(path, "w", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Files below `DATA_DIR/uploads`, which only the server's own user can list or read. */
export function createDiskStore(dataDir: string): FileStore {
  const root = join(dataDir, "uploads");
  // By its random end: the beginning of an id is its time.
  const placeOf = (id: string) => join(root, id.slice(-2), id);
  const unfinished = (id: string) => `${placeOf(id)}.part`;
  return {
    async put(id, bytes) {
      const directory = dirname(placeOf(id));
      const isNew = await mkdir(directory, { recursive: true, mode: 0o700 });
      try {
        await writeDurably(unfinished(id), bytes);
        await rename(unfinished(id), placeOf(id));
        await sync(directory);
        if (isNew) await sync(dirname(isNew));
      } catch (error) {
        await this.remove(id).catch(() => {});
        throw error;
      }
    },
    async get(id) {
      return readFile(placeOf(id)).catch((error: unknown) => {
        if (isMissing(error)) return null;
        throw error;
      });
    },
    async remove(id) {
      await rm(placeOf(id), { force: true });
      await rm(unfinished(id), { force: true });
    },
  };
}

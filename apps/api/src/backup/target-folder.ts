import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BackupDamaged, BackupProblem } from "@muniment/db/backup/problem.ts";
import { createDiskStore } from "../uploads/disk-store.ts";

/** What may lie in a DATA_DIR that counts as empty: the list of erasures may be newer than the backup's. */
const harmless = new Set(["erasures.jsonl", "lock", "lost+found", ".DS_Store", ".gitkeep"]);

/**
 * What is in a DATA_DIR that counts as empty; null where there is none.
 * @throws BackupProblem where it holds anything that a restore could mix with
 */
export async function requireEmptyFolder(dataDir: string): Promise<string[] | null> {
  const names = await readdir(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (names === null) return null;
  const [other] = names.filter((name) => !harmless.has(name));
  if (other !== undefined) {
    throw new BackupProblem(
      `DATA_DIR ${dataDir} is not empty: it holds ${other}. Set DATA_DIR to a new folder, or move what is there away`,
    );
  }
  return names;
}

const uploadName = /^uploads\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Takes the files of a backup into a DATA_DIR. The keyring comes last, for with it a server would start. */
export function createFolderSink(dataDir: string) {
  const store = createDiskStore(dataDir);
  let keyring: Buffer | undefined;
  let ledger = "";
  return {
    async file(name: string, bytes: Buffer): Promise<void> {
      const [, upload] = uploadName.exec(name) ?? [];
      if (upload) await store.put(upload, bytes);
      else if (name === "keyring.json") keyring = bytes;
      else if (name === "erasures.jsonl") ledger = bytes.toString("utf8");
      // No other name becomes a path.
      else throw new BackupDamaged(`it holds a file of the name ${JSON.stringify(name)}`);
    },
    keyring: () => keyring,
    /** Adds the backup's list of erasures to the one that is there. */
    async writeLedger() {
      if (ledger)
        await writeFile(join(dataDir, "erasures.jsonl"), `\n${ledger}`, {
          flag: "a",
          mode: 0o600,
          flush: true,
        });
    },
    async writeKeyring(otherwise: Record<string, string>) {
      const content = keyring ?? Buffer.from(`${JSON.stringify(otherwise, null, 2)}\n`);
      await writeFile(join(dataDir, "keyring.json"), content, {
        flag: "wx",
        mode: 0o600,
        flush: true,
      });
    },
  };
}

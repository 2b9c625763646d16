import { mkdir, readdir, rmdir, stat, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { BackupDamaged, BackupProblem } from "@muniment/db/backup/problem.ts";
import { restoreMark } from "../keyring.ts";
import { createDiskStore } from "../uploads/disk-store.ts";
import { syncFolder } from "./files.ts";

/** What may lie in a DATA_DIR that counts as empty: the list of erasures may be newer than the backup's. */
const harmless = new Set(["erasures.jsonl", "lock", "lost+found", ".DS_Store", ".gitkeep"]);

/**
 * Refuses a DATA_DIR that does not count as empty.
 * @throws BackupProblem where it holds anything that a restore could mix with
 */
export async function requireEmptyFolder(dataDir: string): Promise<void> {
  const names = await readdir(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  refuseOthers(dataDir, names);
}

function refuseOthers(dataDir: string, names: readonly string[]) {
  const mark = basename(restoreMark(dataDir));
  if (names.includes(mark)) {
    throw new BackupProblem(
      `another restore into DATA_DIR ${dataDir} is under way. If it was cut off, delete that folder and begin again, with an empty database`,
    );
  }
  const [other] = names.filter((name) => !harmless.has(name));
  if (other !== undefined) {
    throw new BackupProblem(
      `DATA_DIR ${dataDir} is not empty: it holds ${other}. Set DATA_DIR to a new folder, or move what is there away`,
    );
  }
}

/**
 * Makes this restore the only one that works on a DATA_DIR, in which no server starts either until `done`.
 * Answers what is in it now.
 * @throws BackupProblem where it is not empty, or another restore has begun; nothing was changed then
 */
export async function claimEmptyFolder(dataDir: string) {
  const mark = restoreMark(dataDir);
  await mkdir(mark, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") refuseOthers(dataDir, [basename(mark)]);
    throw error;
  });
  const done = async () => {
    await rmdir(mark);
    await syncFolder(dataDir);
  };
  try {
    await syncFolder(dataDir);
    const names = await readdir(dataDir);
    refuseOthers(
      dataDir,
      names.filter((name) => name !== basename(mark)),
    );
    return { before: names, done };
  } catch (error) {
    await done();
    throw error;
  }
}

const uploadName = /^uploads\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Takes the files of a backup into a DATA_DIR. The keyring comes last, for with it a server would start. */
export function createFolderSink(dataDir: string) {
  const store = createDiskStore(dataDir);
  let keyring: Buffer | undefined;
  let ledger = "";
  let undoLedger = async () => {};
  const ledgerPath = join(dataDir, "erasures.jsonl");
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
      if (!ledger) return;
      const found = await stat(ledgerPath).catch(() => null);
      if (found) undoLedger = () => truncate(ledgerPath, found.size);
      await writeFile(ledgerPath, `\n${ledger}`, { flag: "a", mode: 0o600, flush: true });
    },
    /** Makes the list that was there what it was. */
    undoLedger: () => undoLedger(),
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

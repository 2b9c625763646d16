import { readdir, rm, rmdir, stat, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { BackupDamaged, BackupProblem } from "@muniment/db/backup/problem.ts";
import { DataDirInUse } from "@muniment/db/embedded/errors.ts";
import { lockDirectory } from "@muniment/db/embedded/lock.ts";
import { removeEmbeddedDatabase } from "@muniment/db/embedded/remove.ts";
import { restoreMark } from "../keyring.ts";
import { createDiskStore } from "../uploads/disk-store.ts";
import { syncFolder } from "./files.ts";
import {
  makeMark,
  type RestoreClaim,
  readClaim,
  removeMark,
  renewMark,
  writeClaim,
} from "./restore-mark.ts";

/** What may lie in a DATA_DIR that counts as empty: the list of erasures may be newer than the backup's. */
const harmless = new Set(["erasures.jsonl", "lock", "lost+found", ".DS_Store", ".gitkeep"]);

const markOf = (dataDir: string) => basename(restoreMark(dataDir));

/** What is in a DATA_DIR beside the mark of a restore; nothing where there is none. */
async function namesIn(dataDir: string) {
  const names = await readdir(dataDir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const mark = markOf(dataDir);
  return { isMarked: names.includes(mark), names: names.filter((name) => name !== mark) };
}

/**
 * Refuses a DATA_DIR that does not count as empty. What a restore that was cut off has left there counts as
 * nothing; answers whether there was one.
 * @throws BackupProblem where it holds anything that a restore could mix with
 */
export async function requireEmptyFolder(dataDir: string): Promise<{ isMarked: boolean }> {
  const { isMarked, names } = await namesIn(dataDir);
  if (isMarked && (await readClaim(dataDir))) return { isMarked };
  const [other] = names.filter((name) => !harmless.has(name));
  if (other === undefined) return { isMarked };
  throw new BackupProblem(
    `DATA_DIR ${dataDir} is not empty: it holds ${other}${isMarked ? ", and the mark of a restore that was cut off before it made anything, or is of an older version" : ""}. Set DATA_DIR to a new folder, or move what is there away`,
  );
}

/**
 * Removes all of a DATA_DIR but its lock, the mark and what is to be kept, with the database that may lie
 * elsewhere.
 */
export async function emptyFolder(dataDir: string, kept: ReadonlySet<string>): Promise<void> {
  await removeEmbeddedDatabase(dataDir);
  const { names } = await namesIn(dataDir);
  for (const name of names) {
    if (name === "lock" || kept.has(name)) continue;
    await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

export type ClaimedFolder = {
  /** What a restore that was cut off here had claimed; null where there was none. */
  earlier: RestoreClaim | null;
  /** Removes what the earlier one has left, and claims the folder. Answers what is in it now. */
  begin(claim: RestoreClaim): Promise<ReadonlySet<string>>;
  /** The folder is an installation, or empty again: servers may start. */
  done(): Promise<void>;
  /** Gives the folder up, marked or not. */
  leave(): Promise<void>;
};

/**
 * Makes this restore the only one that works on a DATA_DIR (its real path), in which no server starts
 * either until `done`.
 * @throws BackupProblem where it is not empty, or another restore is under way; nothing was changed then
 */
export async function claimFolder(dataDir: string): Promise<ClaimedFolder> {
  const hadLock = (await namesIn(dataDir)).names.includes("lock");
  const unlock = await lockDirectory(dataDir).catch((cause: unknown) => {
    if (!(cause instanceof DataDirInUse)) throw cause;
    throw new BackupProblem(
      `another restore into DATA_DIR ${dataDir} is under way (process ${cause.pid})`,
      { cause },
    );
  });
  const leave = async () => {
    await unlock();
    if (!hadLock) await rmdir(join(dataDir, "lock")).catch(() => {});
  };
  try {
    const { isMarked } = await namesIn(dataDir);
    if (!isMarked) await makeMark(dataDir);
    // A server that starts looks for the mark once it has made a keyring: one of the two sees the other.
    await requireEmptyFolder(dataDir).catch(async (error) => {
      if (!isMarked) await removeMark(dataDir);
      throw error;
    });
    return {
      earlier: await readClaim(dataDir),
      async begin(claim) {
        await renewMark(dataDir);
        await emptyFolder(dataDir, harmless);
        const { names } = await namesIn(dataDir);
        await writeClaim(dataDir, claim);
        return new Set(names);
      },
      done: () => removeMark(dataDir),
      leave,
    };
  } catch (error) {
    await leave();
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
      // A database that is filled is of no use without it.
      await syncFolder(dataDir);
    },
  };
}

import { lstat, open, readFile, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { restoreMark } from "../keyring.ts";
import { syncFolder } from "./files.ts";

const claimSchema = z.object({
  /** Which backup it is (`idOfBackup`). */
  backup: z.string(),
  /** The id of the entry of the audit log by which a database tells that this restore has filled it. */
  entry: z.uuid(),
});
/** What a restore writes down before it makes anything. */
export type RestoreClaim = z.infer<typeof claimSchema>;

/**
 * What stands in the mark of a DATA_DIR. Null where it tells of no claim: the restore was cut off before it
 * made anything, or is one of an older version.
 */
export async function readClaim(dataDir: string): Promise<RestoreClaim | null> {
  const text = await readFile(restoreMark(dataDir), "utf8").catch(() => "");
  try {
    return claimSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Makes the mark, without a claim. @throws EEXIST where there is one */
export async function makeMark(dataDir: string): Promise<void> {
  const handle = await open(restoreMark(dataDir), "wx", 0o600);
  await handle.close();
  await syncFolder(dataDir);
}

/** Makes a file of the mark of an older version, which is an empty folder. */
export async function renewMark(dataDir: string): Promise<void> {
  const mark = restoreMark(dataDir);
  if (!(await lstat(mark)).isDirectory()) return;
  await rmdir(mark);
  await makeMark(dataDir);
}

/** Writes the claim into the mark, with what to do for whoever finds it. */
export async function writeClaim(dataDir: string, claim: RestoreClaim): Promise<void> {
  const remedy =
    "If no restore is under way here, it was cut off: run the same `muniment restore` again. It finishes, or begins anew. No server starts while this file is here.";
  const handle = await open(restoreMark(dataDir), "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ remedy, ...claim }, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Takes the mark away, durably: a server may start. */
export async function removeMark(dataDir: string): Promise<void> {
  const mark = restoreMark(dataDir);
  await rm(mark, { recursive: true, force: true });
  await syncFolder(dirname(mark));
}

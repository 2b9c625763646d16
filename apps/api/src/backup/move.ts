import type { ConnectionFacts } from "@muniment/db/connection.ts";
import type { Secrets } from "../secrets.ts";
import { checkedSteps, interruptible } from "./checked.ts";
import { fillDatabase, findMove } from "./fill.ts";
import { readFrames } from "./frames.ts";
import type { Manifest } from "./manifest.ts";
import { recordAct, rowsOf } from "./record.ts";
import { type Source, writeBackup } from "./source.ts";

/** What was copied and verified now, or when a move before did so after which nothing was written. */
export type Moved = (Manifest & { verified: number }) | { movedAt: Date };

/**
 * Copies a database into an empty one, as a backup and its restore would, without a file between them.
 * Keys, uploads and the list of erasures stay in DATA_DIR, which goes on being used. One that was cut off
 * after its commit leaves nothing to do.
 * @throws BackupProblem after which the target is as it was
 */
export async function moveDatabase(
  source: Pick<Source, "owner" | "dataDir">,
  target: ConnectionFacts,
  {
    secrets,
    migrationsFolder,
    signal,
  }: { secrets: Secrets; migrationsFolder: string; signal?: AbortSignal },
): Promise<Moved> {
  const movedAt = await findMove(target, source.owner);
  if (movedAt) return { movedAt };
  const bytes = writeBackup({ ...source, secrets, keyring: null, uploads: "apart" });
  return fillDatabase({
    owner: target,
    steps: interruptible(checkedSteps(readFrames(bytes)), signal),
    secrets,
    migrationsFolder,
    // The list of erasures, which stays where it is.
    file: async () => {},
    endSessions: false,
    beforeCommit: (sql, manifest) => recordAct(sql, "database.moved", { rows: rowsOf(manifest) }),
  });
}

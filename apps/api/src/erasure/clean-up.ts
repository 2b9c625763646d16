import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { overwriteDeletedRows } from "@muniment/db/overwrite.ts";
import { erasures } from "@muniment/db/schema/erasures.ts";
import { storedFiles } from "@muniment/db/schema/uploads.ts";
import { eq, inArray } from "drizzle-orm";
import { z } from "zod";
import { completeLedger } from "./apply-ledger.ts";
import { certifiedFacts, signCertificate } from "./certificate.ts";
import { destroyKeys } from "./destroy-keys.ts";
import { type ErasureDeps, forgetAttempts, logOf } from "./erase-user.ts";
import { naming } from "./naming.ts";

/** What the job needs to know that nothing else does any more. */
export const cleanUp = z.strictObject({
  erasureId: z.uuid(),
  emails: z.array(z.string()),
  partitions: z.array(z.string()),
  /** Names of files in the store; their bytes have been unreadable since their key was destroyed. */
  files: z.array(z.uuid()).default([]),
});
export type CleanUp = z.infer<typeof cleanUp>;

/** Removes the files while their store can be reached; answers which are left to the sweep. */
async function removeFiles({ files, database, log }: ErasureDeps, ids: string[]) {
  if (ids.length === 0) return [];
  await files
    .remove(ids)
    .catch((error: unknown) => log.warn({ err: error }, "files of an erasure are removed later"));
  const left = await database.transaction({}, (tx) =>
    tx.select({ id: storedFiles.id }).from(storedFiles).where(inArray(storedFiles.id, ids)),
  );
  return left.map(({ id }) => id);
}

/** Deletes the mails of the outbox that name one of the addresses. */
async function purgeOutbox(dataDir: string, emails: readonly string[]) {
  const directory = join(dataDir, "outbox");
  const names = await readdir(directory).catch(() => []);
  const isOfThem = naming(emails);
  for (const name of names) {
    const path = join(directory, name);
    const text = await readFile(path, "latin1").catch(() => "");
    // Lines are folded by quoted-printable, at any character.
    const unfolded = text.replaceAll("=\r\n", "").replaceAll("=40", "@").replaceAll("=3D", "=");
    if (isOfThem(unfolded)) await rm(path, { force: true });
  }
}

/**
 * What follows when an erased user's events are deleted: mails, late keys, and the bytes that deleted
 * rows left in files. Then the certificate says so. May be repeated.
 */
export async function cleanUpAfter(deps: ErasureDeps, job: CleanUp): Promise<void> {
  const { database, config, secrets } = deps;
  await purgeOutbox(config.dataDir, job.emails);
  // What was still noted of an address, on another node, and entered under one while the account went.
  await database.transaction({}, (tx) => forgetAttempts(deps, tx, job.emails));
  await destroyKeys(deps, (tx) => deps.dataKeys.destroyAddresses(tx, job.emails));
  const waiting = await removeFiles(deps, job.files);
  const left = await overwriteDeletedRows(deps.owner, {
    partitions: job.partitions,
    directory: deps.databaseDirectory,
  });
  const { places: lists } = await completeLedger(deps);
  const log = await logOf(deps);
  await database.transaction({}, async (tx) => {
    const [row] = await tx.select().from(erasures).where(eq(erasures.id, job.erasureId));
    if (!row) return;
    const cleanedAt = deps.now();
    const stated = { ...certifiedFacts.parse(row.facts), left, waiting, lists };
    const certificate = signCertificate(
      { config, seeds: secrets.auditSigning, log },
      { ...row, cleanedAt },
      stated,
    );
    await tx
      .update(erasures)
      .set({ cleanedAt, facts: stated, certificate })
      .where(eq(erasures.id, row.id));
  });
}

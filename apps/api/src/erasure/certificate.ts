import type { erasures } from "@muniment/db/schema/erasures.ts";
import { type Certificate, certificateText, type Remainder } from "@muniment/verify/certificate.ts";
import { z } from "zod";
import { createNoteSigner } from "../audit/note-signer.ts";
import type { Config } from "../config.ts";

type Row = Pick<
  typeof erasures.$inferSelect,
  "id" | "erasedId" | "cause" | "erasedAt" | "cleanedAt"
>;

/** What the certificate says beside the row of the erasure, and the row keeps for it. */
export const certifiedFacts = z.object({
  keys: z.array(z.string()),
  /** Tables too large to be rewritten. */
  left: z.array(z.string()),
  /** Names of the encrypted files that their store did not remove yet. */
  waiting: z.array(z.uuid()).default([]),
});
type Facts = z.infer<typeof certifiedFacts>;

function remaindersOf(
  config: Config,
  { left, waiting }: Facts,
  { erasedAt, cleanedAt }: Row,
): Remainder[] {
  const remains: Remainder[] = [
    {
      what: `backups made before ${erasedAt.toISOString()}, readable with ENCRYPTION_KEY`,
      where: "wherever the operator keeps them",
      until:
        "they are deleted; where one is restored, this erasure is done again before it is used",
    },
    {
      what: "addresses of the network and ids in lines that were logged",
      where: "wherever the operator collects the logs of the server and of what stands before it",
      until: "those are deleted",
    },
  ];
  if (config.smtpUrl) {
    remains.push({
      what: "mails that were sent",
      where: "the recipients' and mail servers' own storage",
      until: "those are deleted",
    });
  }
  if (config.s3) {
    remains.push({
      what: "older versions of encrypted files, where the bucket keeps any; their key is destroyed",
      where: `the bucket ${config.s3.bucket}`,
      until: "its own rules delete them",
    });
  }
  if (waiting.length > 0) {
    remains.push({
      what: `encrypted files that could not be removed: ${waiting.length}; their key is destroyed`,
      where: config.s3 ? `the bucket ${config.s3.bucket}` : "the data directory",
      until:
        "the store can be reached again and they are removed; this certificate is then made again",
    });
  }
  if (config.database) {
    remains.push({
      what: "copies of deleted rows in the write-ahead log, its archives and replicas",
      where: `the database server ${config.database.owner.host}`,
      until: "the server reuses or deletes those files",
    });
  }
  if (!cleanedAt) {
    remains.push({
      what: "the bytes of deleted rows",
      where: "free space of the database's own files",
      until: "the job that overwrites them has ended; this certificate is then made again",
    });
  }
  for (const table of left) {
    remains.push({
      what: `the bytes of deleted rows of ${table}`,
      where: "free space of the database's own files",
      until: `PostgreSQL reuses it, or the operator runs VACUUM FULL ${table}`,
    });
  }
  return remains;
}

/** The signed certificate of an erasure, as far as it has come. */
export function signCertificate(
  { config, seeds, log }: { config: Config; seeds: readonly Buffer[]; log: string },
  row: Row,
  facts: Facts,
): string {
  const certificate: Certificate = {
    id: row.id,
    log,
    erased: row.erasedId,
    erasedAt: row.erasedAt.toISOString(),
    cause: row.cause,
    keys: facts.keys,
    cleanedAt: row.cleanedAt?.toISOString() ?? null,
    remains: remaindersOf(config, facts, row),
  };
  return createNoteSigner(seeds, log).sign(certificateText(certificate));
}

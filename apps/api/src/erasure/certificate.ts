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
  /** Where the erasure is listed, to be done again after a restore. */
  lists: z.array(z.string()).default([]),
});
type Facts = z.infer<typeof certifiedFacts>;

/** Until when there are backups, and what happens where one is restored. */
function endOfBackups({ backupsKeptDays: days }: Config, { lists }: Facts, { erasedAt }: Row) {
  const end =
    days === 0
      ? "they are deleted, which nothing here knows the time of"
      : `${new Date(erasedAt.getTime() + days * 86_400_000).toISOString()}, as the operator declares (BACKUPS_KEPT_DAYS)`;
  const again =
    lists.length === 0
      ? "where one is restored before, the person is back: no list of erasures has this one yet"
      : `where one is restored before, this is done again before anything is served, by the list of erasures in ${lists.join(" or ")}; without any of them the person is back, and administrators are told that the list was not there`;
  return `${end}; ${again}`;
}

function remaindersOf(config: Config, facts: Facts, row: Row): Remainder[] {
  const { left, waiting } = facts;
  const { erasedAt, cleanedAt } = row;
  const remains: Remainder[] = [
    {
      what: `backups made before ${erasedAt.toISOString()} (account and events as they were; secrets, and the person in the audit log, only with ENCRYPTION_KEY)`,
      where: "wherever the operator keeps them",
      until: endOfBackups(config, facts, row),
    },
    {
      what: "addresses of the network and ids in lines that were logged",
      where: "wherever the operator collects the logs of the server and of what stands before it",
      until: "those are deleted",
    },
    {
      what: "what was downloaded or sent before (exports of events and of the audit log, notices to webhooks)",
      where: "with whoever got it",
      until: "they delete it",
    },
  ];
  if (config.smtpUrl) {
    remains.push({
      what: "mails that were sent",
      where: "the recipients' and mail servers' own storage",
      until: "those are deleted",
    });
  }
  if (config.model) {
    remains.push({
      what: "questions that were asked in words, and the events that were answered from",
      where: `the model at ${new URL(config.model.baseUrl).host}`,
      until: "its operator deletes them",
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
      what: "copies of deleted rows in the write-ahead log, its archives and replicas, and in files that a crash of the server left",
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

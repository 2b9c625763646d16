import { z } from "zod";
import { secretNames } from "../config.ts";

/** Raised whenever an older `restore` could not read the file any more. */
export const formatVersion = 1;

const count = z.number().int().min(0);

/** What stands in front of everything in a backup: what it was made of, and by what. */
export const backupHead = z.object({
  format: z.number().int(),
  /** The version of Muniment that made it. */
  product: z.string(),
  createdAt: z.iso.datetime(),
  /** The SHA-256 of each migration of the database, in their order. */
  migrations: z.array(z.string()).min(1),
  /** The partitions of `events`: their names, and the moments at which they begin. */
  partitions: z.array(z.object({ name: z.string(), from: z.string(), bound: z.string() })),
  sequences: z.array(z.object({ name: z.string(), value: z.string(), isCalled: z.boolean() })),
  /** Whether `keyring.json` is in it, or the secrets came from the environment. */
  keyring: z.boolean(),
  /** Tells which elements of the rings were in use. */
  fingerprints: z.record(z.enum(secretNames), z.array(z.string())),
  /** Files that users uploaded are in it, or lie in a bucket that is not; or there is no place for them here. */
  uploads: z.enum(["carried", "bucket", "apart"]),
  /** The log at that moment by its last checkpoint; the root in Base64. Null before there was one. */
  audit: z.object({ origin: z.string(), size: count, root: z.string() }).nullable(),
});
export type BackupHead = z.infer<typeof backupHead>;

export const sectionHead = z.union([
  z.object({ table: z.string(), columns: z.array(z.string()).min(1) }),
  z.object({ file: z.string() }),
]);
export type SectionHead = z.infer<typeof sectionHead>;

export const sectionEnd = z.object({
  /** Of a table; null for a file. */
  rows: count.nullable(),
  bytes: count,
  sha256: z.string(),
});

/** What stands behind everything. */
export const backupTail = z.object({
  sections: z.array(sectionEnd.extend({ name: z.string() })),
  /** Files that were deleted while the backup was made, after its moment. */
  filesGone: count,
});
export type BackupTail = z.infer<typeof backupTail>;

/** The whole of what is known of a backup without its contents. */
export type Manifest = BackupHead & BackupTail;

export const nameOf = (head: SectionHead) => ("table" in head ? head.table : head.file);

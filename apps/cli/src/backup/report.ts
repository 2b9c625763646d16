import type { Manifest } from "@muniment/api/backup/manifest.ts";
import { rowsOf } from "@muniment/api/backup/record.ts";

const units = ["B", "KB", "MB", "GB", "TB"];

export function formatBytes(bytes: number): string {
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${(bytes / 1000 ** at).toFixed(at === 0 ? 0 : 1)} ${units[at]}`;
}

/** A number of things, which have a plural of their own where it is not by an s. */
export const counted = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

const tablesOf = ({ sections }: Manifest) => sections.filter(({ rows }) => rows !== null);
const uploadsOf = ({ sections }: Manifest) =>
  sections.filter(({ name }) => name.startsWith("uploads/")).length;

/** What is in a backup, and what is not, in sentences. */
export function contentsOf(manifest: Manifest): string[] {
  const { audit, keyring, uploads, filesGone } = manifest;
  const files = {
    carried: `${counted(uploadsOf(manifest), "uploaded file")}.`,
    bucket: "Uploaded files lie in the S3 bucket and are NOT in it: keep that bucket, too.",
    apart: "Uploaded files stay where they are.",
  };
  return [
    `${counted(rowsOf(manifest), "row")} of ${counted(tablesOf(manifest).length, "table")} of ${manifest.createdAt}; ${counted(audit?.size ?? 0, "entry", "entries")} in the audit log.`,
    files[uploads],
    ...(filesGone > 0 ? [`Deleted while it was made: ${counted(filesGone, "file")}.`] : []),
    keyring
      ? "The keys of DATA_DIR/keyring.json are in it: whoever can open it has them."
      : "The secrets came from the environment and are NOT in it: without them nobody can use it.",
  ];
}

/** A manifest for `--json`. */
export const summaryOf = (manifest: Manifest) => {
  const {
    sections,
    migrations,
    partitions: _,
    sequences: __,
    fingerprints: ___,
    ...rest
  } = manifest;
  return {
    ...rest,
    migrations: migrations.length,
    rows: rowsOf(manifest),
    tables: Object.fromEntries(
      tablesOf(manifest).map(({ name, rows, sha256 }) => [name, { rows, sha256 }]),
    ),
    files: uploadsOf(manifest),
  };
};

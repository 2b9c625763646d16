import { createHash } from "node:crypto";
import type { Query } from "@muniment/db/statements.ts";
import { writeTrailer } from "@muniment/shared/exports.ts";
import type { DataKeys } from "./data-keys.ts";
import {
  csvHeader,
  csvLine,
  type ExportedEntry,
  ndjsonLine,
  toExported,
} from "./exported-entry.ts";
import { toOcsf } from "./ocsf.ts";
import { personalColumnsOf } from "./sealed-personal.ts";

const entriesAtOnce = 1000;

type LineFormat = "ndjson" | "csv" | "ocsf";

/**
 * Writes sealed entries a line each, and at the end how many there were with the SHA-256 of all before.
 * `put` is awaited, so that nothing piles up.
 * @throws where an entry is missing, so that what is there is never taken for the whole
 */
export async function writeAuditLines(
  { sql, keys, origin }: { sql: Query; keys: DataKeys; origin: string },
  { format, from, to }: { format: LineFormat; from: number; to: number },
  put: (part: Buffer) => Promise<void>,
): Promise<void> {
  const hash = createHash("sha256");
  const write = async (text: string) => {
    const bytes = Buffer.from(text);
    hash.update(bytes);
    await put(bytes);
  };
  const lineOf: Record<LineFormat, (entry: ExportedEntry) => string> = {
    ndjson: ndjsonLine,
    csv: csvLine,
    ocsf: (entry) => `${JSON.stringify(toOcsf(entry, origin))}\n`,
  };
  if (format === "csv") await write(csvHeader);
  for (let at = from; at < to; at += entriesAtOnce) {
    const end = Math.min(to, at + entriesAtOnce);
    const rows = await sql`
      select l.index, l.hash, e.* from audit_leaves l join audit_entries e on e.id = l.entry_id
      where l.index >= ${at} and l.index < ${end} order by l.index`;
    if (rows.length !== end - at) throw new Error(`entries ${at} to ${end - 1} are not all there`);
    const opened = await keys.open(rows.map(personalColumnsOf), sql);
    await write(rows.map((row, place) => lineOf[format](toExported(row, opened[place]))).join(""));
  }
  const trailer = { rows: to - from, sha256: hash.digest("hex") };
  await put(Buffer.from(writeTrailer(format === "csv" ? "csv" : "ndjson", trailer)));
}

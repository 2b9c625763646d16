import { createHash } from "node:crypto";
import type { Database } from "@muniment/db/database.ts";
import { recordOfProcessing } from "@muniment/db/processing/record.ts";
import { uploads } from "@muniment/db/schema/uploads.ts";
import { type UploadType, uploadTypes } from "@muniment/shared/uploads.ts";
import { getTableName } from "drizzle-orm";
import { strToU8, Zip, ZipDeflate, ZipPassThrough } from "fflate";
import type { DataKeys } from "../audit/data-keys.ts";
import type { KeptFiles } from "../uploads/kept-files.ts";
import {
  countOwnRows,
  exportedColumns,
  ownTables,
  readOwnEntries,
  readOwnRows,
} from "./read-own-rows.ts";

const readme = `This archive holds what this instance of Muniment knows about you.

Each file of "data" is one table, a JSON object a line (NDJSON). "schema.json" is a JSON Schema of
each, which says what each field is for. "processing.json" says of all tables why they are kept and for how
long, and which of your columns are left out and why: secrets, which would be of use only to a thief.
"uploads" holds the files that you keep here, by their ids in "data/uploads.ndjson".
"manifest.json" counts the lines of each file, with the SHA-256 of its bytes.
`;

type Input = {
  database: Database;
  dataKeys: DataKeys;
  files: Pick<KeptFiles, "read">;
  userId: string;
  now: Date;
  /** Rows of a page. */
  rowsAtOnce?: number;
};

const jsonTypes: Record<string, object> = {
  string: { type: ["string", "null"] },
  number: { type: ["number", "null"] },
  boolean: { type: ["boolean", "null"] },
  date: { type: ["string", "null"], format: "date-time" },
  array: { type: ["array", "null"] },
};

/** A JSON Schema of each file. */
function schemas() {
  const files = ownTables.map((declaration) => {
    const properties = Object.entries(exportedColumns(declaration)).map(([name, column]) => {
      const known = recordOfProcessing
        .find(({ table }) => table === getTableName(declaration.table))
        ?.columns.find((one) => one.name === name);
      return [name, { ...jsonTypes[column.dataType], description: known?.purpose }] as const;
    });
    return [
      `data/${getTableName(declaration.table)}.ndjson`,
      {
        title: declaration.purpose,
        type: "object",
        properties: Object.fromEntries(properties),
        additionalProperties: false,
      },
    ] as const;
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    files: Object.fromEntries(files),
  };
}

/**
 * Writes a ZIP archive of everything that is a user's, piece by piece, and tells how many rows of how
 * many are done. `put` is awaited, so that nothing piles up.
 */
export async function writeArchive(
  { database, dataKeys, files, userId, now, rowsAtOnce = 2000 }: Input,
  put: (piece: Uint8Array) => Promise<void>,
  progress: (done: number, total: number) => Promise<void>,
): Promise<void> {
  const ready: Uint8Array[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, bytes) => {
    if (error) failure = error;
    else ready.push(bytes);
  });
  const drain = async () => {
    if (failure) throw failure;
    for (const piece of ready.splice(0)) await put(piece);
  };
  const total = await ownTables.reduce(
    async (sum, table) => (await sum) + (await countOwnRows(database, table, userId)),
    Promise.resolve(0),
  );
  let done = 0;
  const counts: Record<string, { lines?: number; bytes?: number; sha256: string }> = {};

  async function addLines(name: string, pages: AsyncGenerator<Record<string, unknown>[]>) {
    const file = new ZipDeflate(name, { level: 6 });
    file.mtime = now;
    zip.add(file);
    const hash = createHash("sha256");
    let lines = 0;
    for await (const rows of pages) {
      const bytes = strToU8(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
      hash.update(bytes);
      file.push(bytes);
      lines += rows.length;
      done += rows.length;
      await drain();
      await progress(Math.min(done, total), total);
    }
    file.push(new Uint8Array(), true);
    counts[name] = { lines, sha256: hash.digest("hex") };
    await drain();
  }

  async function addText(name: string, text: string) {
    const file = new ZipDeflate(name, { level: 6 });
    file.mtime = now;
    zip.add(file);
    file.push(strToU8(text), true);
    await drain();
  }

  /** The files of the uploads on a page of rows, as they were kept: most kinds are compressed already. */
  async function addUploads(rows: Record<string, unknown>[]) {
    for (const { id, type } of rows) {
      const bytes = await files.read(userId, String(id));
      // Deleted since its row was read.
      if (!bytes) continue;
      const name = `uploads/${id}.${uploadTypes[type as UploadType][0]}`;
      const file = new ZipPassThrough(name);
      file.mtime = now;
      zip.add(file);
      file.push(bytes, true);
      counts[name] = {
        bytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      };
      await drain();
    }
  }

  await addText("README.txt", readme);
  await addText("schema.json", JSON.stringify(schemas(), null, 2));
  await addText("processing.json", JSON.stringify(recordOfProcessing, null, 2));
  for (const declaration of ownTables) {
    const name = `data/${getTableName(declaration.table)}.ndjson`;
    await addLines(name, readOwnRows(database, declaration, userId, rowsAtOnce));
  }
  const declared = ownTables.find(({ table }) => table === uploads);
  if (!declared) throw new Error("uploads are not declared");
  for await (const rows of readOwnRows(database, declared, userId, rowsAtOnce))
    await addUploads(rows);
  const entries = readOwnEntries(database, dataKeys, userId, rowsAtOnce);
  await addLines("data/audit_log.ndjson", entries);
  const manifest = { madeAt: now.toISOString(), user: userId, files: counts };
  await addText("manifest.json", JSON.stringify(manifest, null, 2));
  zip.end();
  await drain();
}

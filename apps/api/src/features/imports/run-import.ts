import { setImmediate as breathe } from "node:timers/promises";
import { eventImports } from "@muniment/db/schema/event-imports.ts";
import { exportColumns } from "@muniment/shared/exports.ts";
import { and, eq, inArray } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import { type CsvPlan, planCsv } from "./csv-event.ts";
import { findTrailer } from "./find-trailer.ts";
import { failImport, noteImport } from "./note-import.ts";
import { parseLight } from "./parse-light.ts";
import { readFile } from "./pieces.ts";
import {
  firstPlace,
  isExported,
  type LinePlace,
  type ReadRecord,
  readEvent,
  textOf,
} from "./read-event.ts";
import type { ImportRow } from "./read-imports.ts";
import { type FileRecord, splitRecords } from "./split-records.ts";
import { isPassing, type Stored, type Storing, storeRecords } from "./store-records.ts";
import { Unreadable } from "./unreadable.ts";

export type Importer = Storing & Pick<Deps, "dataKeys">;

const recordsPerBatch = 100;
/** Batches that are stored while as many are read. */
const batchesPerWindow = 10;
/** A batch or a window with so much text is sent before it is full: a value may take twenty times its text. */
const enoughText = 1_048_576;
const noteMilliseconds = 500;
/** Then others that wait have their turn. */
const longestRunMilliseconds = 30_000;

async function begin({ database, now }: Importer, userId: string, id: string) {
  const [row] = await database.transaction({ userId }, (tx) =>
    tx
      .update(eventImports)
      .set({ status: "running", updatedAt: now() })
      .where(and(eq(eventImports.id, id), inArray(eventImports.status, ["queued", "running"])))
      .returning(),
  );
  return row ?? null;
}

async function isRunning({ database }: Importer, userId: string, id: string): Promise<boolean> {
  const [row] = await database
    .background({ userId })
    .select({ status: eventImports.status })
    .from(eventImports)
    .where(eq(eventImports.id, id));
  return row?.status === "running";
}

async function* recordsOf(
  importer: Importer,
  row: ImportRow,
  from: number,
  line: number,
  to: number,
) {
  const splitter = splitRecords(row.format, { offset: from, line });
  for await (const bytes of readFile(importer, row, from, to)) yield splitter.push(bytes);
  yield splitter.end();
}

async function firstRecord(
  importer: Importer,
  row: ImportRow,
  to: number,
): Promise<FileRecord | null> {
  for await (const [record] of recordsOf(importer, row, 0, 1, to)) if (record) return record;
  return null;
}

/** Whether a file is an export by its first line. */
function beginsLikeExport({ format }: ImportRow, record: FileRecord | null): boolean {
  if (!record) return false;
  try {
    const text = textOf(record);
    return format === "csv" ? text === exportColumns.join() : isExported(parseLight(text));
  } catch {
    return false;
  }
}

/** Reads the whole file before anything of it is taken: an export must be whole. */
async function check(importer: Importer, row: ImportRow): Promise<ImportRow | null> {
  const finder = findTrailer();
  for await (const bytes of readFile(importer, row, 0, row.sizeBytes)) {
    finder.push(bytes);
    await breathe();
  }
  const { sha256, bodyBytes, trailer } = finder.end();
  const known = { ...row, sha256 };
  if (trailer && !trailer.fits && !row.allowIncomplete) {
    const error =
      "The file was altered: its last line does not fit the rest. Nothing was imported.";
    return (await noteImport(importer, row, { sha256, status: "failed", error })) && null;
  }
  if (!trailer && !row.allowIncomplete) {
    const first = await firstRecord(importer, known, bodyBytes);
    if (beginsLikeExport(known, first)) {
      const error =
        "The file is an export that was cut off: its last line is missing. Nothing was imported.";
      return (await noteImport(importer, row, { sha256, status: "failed", error })) && null;
    }
  }
  const promisedRows = trailer?.fits ? trailer.rows : null;
  return noteImport(importer, row, { sha256, bodyBytes, promisedRows });
}

type Batch = { stored: Promise<Stored>; end: number; place: LinePlace };

/** What was stored since the last note. */
type Progress = { changes: Partial<ImportRow>; rejects: Stored["rejects"] };

function add(
  row: ImportRow,
  progress: Progress | null,
  { end, place }: Batch,
  stored: Stored,
): Progress {
  const before = { ...row, ...progress?.changes };
  return {
    changes: {
      doneBytes: end,
      place,
      sent: before.sent + stored.sent,
      accepted: before.accepted + stored.accepted,
      duplicates: before.duplicates + stored.duplicates,
      rejected: before.rejected + stored.rejects.length,
    },
    rejects: [...(progress?.rejects ?? []), ...stored.rejects],
  };
}

/** What becomes of an import: nothing more, or more, at once or when the server has less to do. */
type Next = "done" | "more" | "later";

/** Goes on with an import. */
async function goOn(
  importer: Importer,
  begun: ImportRow,
  bodyBytes: number,
  plan: CsvPlan | null,
): Promise<Next> {
  let row = begun;
  let place = row.place ?? firstPlace(row.agentId);
  let progress: Progress | null = null;
  let reading: Batch[] = [];
  let storing: Batch[] = [];
  let batch: ReadRecord[] = [];
  let batchText = 0;
  let readingText = 0;
  let noted = performance.now();
  const until = noted + longestRunMilliseconds;

  const settle = async (batches: readonly Batch[]) => {
    for (const one of batches) progress = add(row, progress, one, await one.stored);
  };
  const note = async (end: Partial<ImportRow> = {}) => {
    noted = performance.now();
    const known = await noteImport(
      importer,
      row,
      { ...progress?.changes, ...end },
      progress?.rejects,
    );
    progress = null;
    if (known) row = known;
    return known !== null;
  };
  const send = (end: number) => {
    const stored = storeRecords(importer, row, batch);
    // Whoever stops before looks at it no more.
    stored.catch(() => {});
    reading.push({ stored, end, place });
    readingText += batchText;
    batch = [];
    batchText = 0;
  };

  async function storeAll(): Promise<Next> {
    for await (const records of recordsOf(importer, row, row.doneBytes, place.line, bodyBytes)) {
      for (const record of records) {
        if (plan && record.line === 1) {
          place = { ...place, line: record.nextLine };
          continue;
        }
        const { read, next } = readEvent(record, place, plan);
        place = next;
        if (read) batch.push(read);
        if (read && "event" in read) batchText += read.event.text.length;
        // By the file alone, so that whoever goes on with it makes the same batches.
        if (batch.length < recordsPerBatch && batchText < enoughText) continue;
        send(record.end);
        await breathe();
        if (reading.length < batchesPerWindow && readingText < enoughText) continue;
        await settle(storing);
        storing = reading;
        reading = [];
        readingText = 0;
        if (performance.now() - noted < noteMilliseconds) continue;
        if (!(await note())) return "done";
        if (performance.now() < until && !importer.stopped()) continue;
        await settle(storing);
        return (await note()) ? "more" : "done";
      }
    }
    if (batch.length > 0) send(bodyBytes);
    await settle([...storing, ...reading]);
    const sent = (progress as Progress | null)?.changes.sent ?? row.sent;
    const { promisedRows } = row;
    const error =
      promisedRows !== null && promisedRows !== sent
        ? `The last line speaks of ${promisedRows} events, and there are ${sent}.`
        : null;
    await note({ status: error ? "failed" : "done", error, doneBytes: bodyBytes });
    return "done";
  }

  try {
    return await storeAll();
  } catch (error) {
    if (!isPassing(error)) throw error;
    // Those behind the one that found no room may be stored: what is done again must come after them.
    await Promise.allSettled([...storing, ...reading].map(({ stored }) => stored));
    return (await note()) ? "later" : "done";
  }
}

/** The rules of a CSV file, by its first row; null for what has none. @throws Unreadable */
async function planOf(
  importer: Importer,
  row: ImportRow,
  bodyBytes: number,
): Promise<CsvPlan | null> {
  if (row.format !== "csv") return null;
  const first = await firstRecord(importer, row, bodyBytes);
  if (!first) throw new Unreadable("invalid_csv", "The file has no first row.");
  return planCsv(textOf(first), row.columns, row.type);
}

/**
 * Does a part of an import, which may last half a minute. Answers whether there is more to do, and whether
 * that has to wait because the server has too much to do. A process that ends on the way leaves at most what it did since its last note to be done again, and to be counted once.
 */
export async function runImport(importer: Importer, userId: string, id: string): Promise<Next> {
  const begun = await begin(importer, userId, id);
  if (!begun) return "done";
  let row: ImportRow | null = begun;
  try {
    if (row.bodyBytes === null) row = await check(importer, row);
    if (!row || row.bodyBytes === null) return "done";
    const plan = await planOf(importer, row, row.bodyBytes);
    return await goOn(importer, row, row.bodyBytes, plan);
  } catch (error) {
    if (row && error instanceof Unreadable) await failImport(importer, row, error.message);
    // The file of one that was cancelled is gone.
    else if (await isRunning(importer, userId, id)) throw error;
    return "done";
  }
}

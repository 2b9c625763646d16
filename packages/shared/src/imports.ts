import { z } from "zod";
import { eventFields, eventRejections, eventTypePattern } from "./events.ts";
import { exportFormats } from "./exports.ts";
import { boundedText, fileName, page, pageInput, timestamp, uuid } from "./values.ts";

/** A file is sent in parts of at most so many bytes, each a call of its own. */
export const importPartBytes = 4_194_304;
/** An import that gets no part for so long is given up. */
export const importSilenceSeconds = 900;
/** How many refused lines are kept with their reason; more are only counted. */
export const keptRejects = 10_000;

export const importStatuses = [
  "receiving",
  "queued",
  "running",
  "done",
  "failed",
  "cancelled",
] as const;

/** Fields of an event that a column of a CSV file can hold. */
export type ImportField = (typeof eventFields)[number];

const columnName = boundedText(256).min(1);
/** Which column of a CSV file holds a field, where the column is not named like it. */
export const importColumns = z.partialRecord(z.enum(eventFields), columnName);

/** Why a line was refused: as of any event, or because it is none. */
export const importRejections = [
  ...eventRejections,
  "invalid_utf8",
  "invalid_json",
  "invalid_csv",
] as const;
export const importReject = z.strictObject({
  /** Of the file, from 1; where it begins, if it has several. */
  line: z.number().int().min(1),
  reason: z.enum(importRejections),
  message: z.string(),
});
export type ImportReject = z.infer<typeof importReject>;

export const eventImport = z.strictObject({
  id: uuid,
  agentId: uuid,
  name: z.string(),
  format: z.enum(exportFormats),
  status: z.enum(importStatuses),
  sizeBytes: z.number().int(),
  /** How much of the file the server has. */
  receivedBytes: z.number().int(),
  /** How much of it has been gone through. */
  doneBytes: z.number().int(),
  /** Lines with an event, or meant as one: accepted + duplicates + rejected, always. */
  sent: z.number().int(),
  accepted: z.number().int(),
  duplicates: z.number().int(),
  rejected: z.number().int(),
  /** Of the file, in hex; null until all of it was read once. */
  sha256: z.string().nullable(),
  /** Whether the file ends with the last line of an export, which fits the rest of it. */
  whole: z.boolean(),
  error: z.string().nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type EventImport = z.infer<typeof eventImport>;

/** `type` is that of the events of a CSV file without such a column. */
export const createImportInput = z.strictObject({
  agentId: uuid,
  name: fileName(255),
  format: z.enum(exportFormats),
  sizeBytes: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  columns: importColumns.optional(),
  type: z.string().regex(eventTypePattern, "not an event type").optional(),
  /** Takes what there is of an export that was cut off. */
  allowIncomplete: z.boolean().optional(),
});
export type CreateImportInput = z.infer<typeof createImportInput>;

export const importIdInput = z.strictObject({ id: uuid });
export const appendImportInput = z.strictObject({
  id: uuid,
  offset: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  bytes: z.instanceof(Uint8Array),
});
export const listImportsInput = z.strictObject(pageInput).optional();
export const eventImportPage = page(eventImport);
export const listRejectsInput = z.strictObject({ id: uuid, ...pageInput });
export const importRejectPage = page(importReject);

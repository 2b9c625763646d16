import { z } from "zod";
import { eventFilters, timeRange } from "./events.ts";
import { page, pageInput, timestamp, uuid } from "./values.ts";

export const exportFormats = ["ndjson", "csv"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Columns of a CSV export, in order; a line of NDJSON has the same names, without those that are empty. */
export const exportColumns = [
  "id",
  "agentId",
  "type",
  "occurredAt",
  "receivedAt",
  "level",
  "message",
  "subject",
  "traceId",
  "seq",
  "props",
] as const;

/** An export must be fetched within so long, by who asked for it; one that broke off, again within so long. */
export const exportFetchSeconds = 300;
export const exportResumeSeconds = 3600;
/** Counted from when it was asked for, however often it broke off since. */
export const exportLongestSeconds = 86_400;

export const exportStatuses = ["waiting", "running", "done", "failed", "cancelled"] as const;
export const eventExport = z.strictObject({
  id: uuid,
  format: z.enum(exportFormats),
  query: z.string(),
  from: timestamp.nullable(),
  to: timestamp,
  status: z.enum(exportStatuses),
  rows: z.number().int(),
  bytes: z.number().int(),
  /** How much of the time between the first and the last event is done, 0 to 1. */
  progress: z.number().min(0).max(1),
  error: z.string().nullable(),
  /** Whether it broke off and can be fetched again. */
  canResume: z.boolean(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type EventExport = z.infer<typeof eventExport>;

export const createExportInput = z.strictObject({
  format: z.enum(exportFormats),
  query: eventFilters.query,
  ...timeRange,
});
export const listExportsInput = z.strictObject(pageInput).optional();
export const eventExportPage = page(eventExport);
export const exportIdInput = z.strictObject({ id: uuid });

/** The last line of an export; a file without it was cut off. The digest is of all bytes before it, in hex. */
export const exportTrailer = z.strictObject({
  rows: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ExportTrailer = z.infer<typeof exportTrailer>;

export const writeTrailer = (format: ExportFormat, trailer: ExportTrailer): string =>
  format === "ndjson"
    ? `${JSON.stringify({ trailer })}\n`
    : `#rows=${trailer.rows},sha256=${trailer.sha256}\n`;

/** Reads a last line; null when it is none. */
export function readTrailer(line: string): ExportTrailer | null {
  const [, rows, sha256] = /^#rows=(\d{1,15}),sha256=([0-9a-f]{64})$/.exec(line) ?? [];
  if (rows !== undefined) return exportTrailer.parse({ rows: Number(rows), sha256 });
  if (!line.startsWith('{"trailer":')) return null;
  try {
    return z.strictObject({ trailer: exportTrailer }).parse(JSON.parse(line)).trailer;
  } catch {
    return null;
  }
}

import type { eventImports } from "@muniment/db/schema/event-imports.ts";
import type { EventImport } from "@muniment/shared/imports.ts";

export type ImportRow = typeof eventImports.$inferSelect;

export const toImport = (row: ImportRow): EventImport => ({
  id: row.id,
  agentId: row.agentId,
  name: row.name,
  format: row.format,
  status: row.status,
  sizeBytes: row.sizeBytes,
  receivedBytes: row.receivedBytes,
  doneBytes: row.doneBytes,
  sent: row.sent,
  accepted: row.accepted,
  duplicates: row.duplicates,
  rejected: row.rejected,
  sha256: row.sha256,
  whole: row.promisedRows !== null,
  error: row.error,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

import type { exports } from "@muniment/db/schema/exports.ts";
import type { OwnExport } from "@muniment/shared/own-data.ts";

type Row = typeof exports.$inferSelect;

export const toExport = (row: Row): OwnExport => ({
  id: row.id,
  status: row.finishedAt ? "ready" : row.failedAt ? "failed" : "running",
  requestedAt: row.requestedAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  rowsDone: row.rowsDone,
  rowsTotal: row.rowsTotal,
  sizeBytes: row.sizeBytes,
});

import type { eventExports } from "@muniment/db/schema/event-exports.ts";
import {
  type EventExport,
  exportFetchSeconds,
  exportLongestSeconds,
  exportResumeSeconds,
} from "@muniment/shared/exports.ts";

export type ExportRow = typeof eventExports.$inferSelect;

/** An export that has told nothing for so long ended with its process. */
const lostMilliseconds = 60_000;

function ended(row: ExportRow, now: Date): { status: "failed"; error: string } | null {
  const silent = now.getTime() - row.updatedAt.getTime();
  if (row.status === "running" && silent > lostMilliseconds) {
    return { status: "failed", error: "The server ended meanwhile." };
  }
  if (row.status === "waiting" && silent > exportFetchSeconds * 1000) {
    return { status: "failed", error: "It was not fetched in time." };
  }
  return null;
}

/** Whether it was begun and not finished; the one who sends it now, if any, gives way. */
export function canResume({ status, createdAt, updatedAt }: ExportRow, now: Date): boolean {
  const secondsSince = (time: Date) => (now.getTime() - time.getTime()) / 1000;
  return (
    (status === "running" || status === "failed") &&
    secondsSince(updatedAt) <= exportResumeSeconds &&
    secondsSince(createdAt) <= exportLongestSeconds
  );
}

function progressOf({ status, firstAt, reachedAt, to }: ExportRow): number {
  if (status === "done") return 1;
  if (!firstAt || !reachedAt) return 0;
  const whole = to.getTime() - firstAt.getTime();
  const done = reachedAt.getTime() - firstAt.getTime();
  return whole <= 0 ? 0 : Math.min(1, Math.max(0, done / whole));
}

export function toExport(row: ExportRow, now: Date): EventExport {
  const shown = { ...plain(row), ...ended(row, now) };
  return { ...shown, canResume: shown.status === "failed" && canResume(row, now) };
}

const plain = (row: ExportRow) => ({
  id: row.id,
  format: row.format,
  query: row.query,
  from: row.from?.toISOString() ?? null,
  to: row.to.toISOString(),
  status: row.status,
  rows: row.rows,
  bytes: row.bytes,
  progress: progressOf(row),
  error: row.error,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

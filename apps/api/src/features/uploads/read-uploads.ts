import type { Tx } from "@muniment/db/database.ts";
import { uploads } from "@muniment/db/schema/uploads.ts";
import type { Upload } from "@muniment/shared/uploads.ts";
import { count, eq, sql } from "drizzle-orm";

type UploadRow = typeof uploads.$inferSelect;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

export const toUpload = (row: UploadRow): Upload => ({
  id: row.id,
  name: row.name,
  type: row.type,
  bytes: row.bytes,
  sha256: hex(row.sha256),
  sentSha256: hex(row.sentSha256),
  eventId: row.eventId,
  scanned: row.scanned,
  createdAt: row.createdAt.toISOString(),
});

/** How many files a user keeps, and how long they are together. */
export async function readUsage(reads: Pick<Tx, "select">, userId: string) {
  const [row] = await reads
    .select({
      files: count(),
      usedBytes: sql<number>`coalesce(sum(${uploads.bytes}), 0)`.mapWith(Number),
    })
    .from(uploads)
    .where(eq(uploads.userId, userId));
  return row ?? { files: 0, usedBytes: 0 };
}

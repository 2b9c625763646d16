import { createHash } from "node:crypto";
import { setImmediate as breathe } from "node:timers/promises";
import { eventExports } from "@muniment/db/schema/event-exports.ts";
import { exportColumns, exportFetchSeconds, writeTrailer } from "@muniment/shared/exports.ts";
import { and, count, eq, gt } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { readChunks } from "./read-chunks.ts";
import type { ExportRow } from "./read-exports.ts";

const running = 2;
const noteMilliseconds = 1000;

type Exporter = Pick<Deps, "database" | "eventQueries" | "now">;
type Owner = { userId: string; retentionDays: number | null };

/** Takes bytes, which may be none, and answers when there is room for more. @throws when nobody takes them */
type Write = (bytes: Buffer) => Promise<void>;

/**
 * Begins an export that waits: each can be fetched once.
 * @throws AppError `not_found`, `too_many` while others of the user are under way
 */
export async function beginExport({ database, now }: Exporter, { userId }: Owner, id: string) {
  return database.transaction({ userId }, async (tx) => {
    const at = now();
    const ago = (seconds: number) => new Date(at.getTime() - seconds * 1000);
    const mine = eq(eventExports.userId, userId);
    const [others] = await tx
      .select({ count: count() })
      .from(eventExports)
      .where(and(mine, eq(eventExports.status, "running"), gt(eventExports.updatedAt, ago(60))));
    if ((others?.count ?? 0) >= running) {
      throw new AppError("too_many", `There are ${running} exports under way already.`);
    }
    const fresh = gt(eventExports.createdAt, ago(exportFetchSeconds));
    const [row] = await tx
      .update(eventExports)
      .set({ status: "running", updatedAt: at })
      .where(and(eq(eventExports.id, id), mine, eq(eventExports.status, "waiting"), fresh))
      .returning();
    if (!row) throw new AppError("not_found", "There is no export to fetch here.");
    return row;
  });
}

/** Notes how far an export has come. Answers false when it was cancelled. */
async function note(
  { database, now }: Exporter,
  { id, userId }: ExportRow,
  changes: Partial<typeof eventExports.$inferInsert>,
): Promise<boolean> {
  const noted = await database.transaction({ userId }, (tx) =>
    tx
      .update(eventExports)
      .set({ ...changes, updatedAt: now() })
      .where(and(eq(eventExports.id, id), eq(eventExports.status, "running")))
      .returning({ id: eventExports.id }),
  );
  return noted.length > 0;
}

/**
 * Writes an export that has begun, and its trailer when it is whole.
 * @throws AppError `not_found` when it was cancelled; whatever breaks it off
 */
export async function runExport(
  exporter: Exporter,
  owner: Owner,
  row: ExportRow,
  write: Write,
): Promise<void> {
  const { format, query, from, to } = row;
  const state = { rows: 0, bytes: 0, firstAt: row.firstAt, reachedAt: row.reachedAt };
  const hash = createHash("sha256");
  const put = async (bytes: Buffer) => {
    hash.update(bytes);
    state.bytes += bytes.length;
    await write(bytes);
  };
  try {
    const asked = await exporter.eventQueries.ask(owner, {
      query: query === "" ? undefined : query,
      from: from?.toISOString(),
      to: to.toISOString(),
    });
    const condition = exporter.eventQueries.condition(asked.query);
    const { userId } = row;
    const chunks = readChunks(exporter.database, { userId, format, condition, ...asked.range });
    if (format === "csv") await put(Buffer.from(`${exportColumns.join(",")}\n`));
    let noted = performance.now();
    for await (const { pieces, reachedAt } of chunks) {
      for (const { bytes, rows } of pieces) {
        // Also what is empty, at which a reader that has gone is noticed.
        await put(bytes);
        state.rows += rows;
        await breathe();
        if (performance.now() - noted < noteMilliseconds) continue;
        noted = performance.now();
        if (!(await note(exporter, row, state))) {
          throw new AppError("not_found", "The export was cancelled.");
        }
      }
      state.firstAt ??= reachedAt;
      state.reachedAt = reachedAt;
    }
    const trailer = { rows: state.rows, sha256: hash.digest("hex") };
    await write(Buffer.from(writeTrailer(format, trailer)));
    await note(exporter, row, { ...state, status: "done" });
  } catch (error) {
    const why = error instanceof AppError ? error.message : "It was broken off.";
    await note(exporter, row, { ...state, status: "failed", error: why });
    throw error;
  }
}

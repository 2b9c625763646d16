import { createHash } from "node:crypto";
import { setImmediate as breathe } from "node:timers/promises";
import { eventExports } from "@muniment/db/schema/event-exports.ts";
import { exportColumns, exportFetchSeconds, writeTrailer } from "@muniment/shared/exports.ts";
import { and, count, eq, gt, ne, sql } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { recentSeconds } from "../../trpc/recently-authenticated.ts";
import { readChunks } from "./read-chunks.ts";
import { canResume, type ExportRow } from "./read-exports.ts";

const running = 2;
const noteMilliseconds = 1000;

type Exporter = Pick<Deps, "database" | "eventQueries" | "now">;
type Owner = { userId: string; retentionDays: number | null };

/** Takes bytes, which may be none, and answers when there is room for more. @throws when nobody takes them */
type Write = (bytes: Buffer) => Promise<void>;

/**
 * Begins an export that waits, or, where an `offset` is given, also one that broke off: whoever sends it
 * still gives way.
 * @throws AppError `not_found`, `too_many` while others of the user are under way,
 *   `reauthentication_required` for a session that could not have asked for it
 */
export async function beginExport(
  { database, now }: Exporter,
  { userId, authenticatedAt }: Owner & { authenticatedAt: Date },
  id: string,
  offset: number | null,
) {
  return database.transaction({ userId }, async (tx) => {
    // Those that begin at once count one after another.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`muniment exports ${userId}`}))`);
    const at = now();
    const ago = (seconds: number) => new Date(at.getTime() - seconds * 1000);
    const mine = eq(eventExports.userId, userId);
    const one = and(eq(eventExports.id, id), mine);
    const under = and(eq(eventExports.status, "running"), gt(eventExports.updatedAt, ago(60)));
    const [others] = await tx
      .select({ count: count() })
      .from(eventExports)
      .where(and(mine, under, ne(eventExports.id, id)));
    if ((others?.count ?? 0) >= running) {
      throw new AppError("too_many", `There are ${running} exports under way already.`);
    }
    const [known] = await tx.select().from(eventExports).where(one).for("no key update");
    const waits = known?.status === "waiting" && known.createdAt > ago(exportFetchSeconds);
    if (!known || !(waits || (offset !== null && canResume(known, at)))) {
      const isCancelled = known?.status === "cancelled";
      const why = isCancelled ? "It was cancelled." : "There is no export to fetch here.";
      throw new AppError("not_found", why);
    }
    // As `exports.create` asks for it, which may be long ago.
    const oldest = known.createdAt.getTime() - recentSeconds * 1000;
    if (!waits && authenticatedAt.getTime() < oldest) {
      throw new AppError("reauthentication_required", "Enter your password again to do this.");
    }
    const [row] = await tx
      .update(eventExports)
      .set({ status: "running", error: null, fetches: known.fetches + 1, updatedAt: at })
      .where(one)
      .returning();
    if (!row) throw new Error("a locked export is gone");
    return row;
  });
}

/** Notes how far an export has come. Answers false when it was cancelled, or is being fetched anew. */
async function tryNote(
  { database, now }: Exporter,
  { id, userId, fetches }: ExportRow,
  changes: Partial<typeof eventExports.$inferInsert>,
): Promise<boolean> {
  const noted = await database.transaction({ userId }, (tx) =>
    tx
      .update(eventExports)
      .set({ ...changes, updatedAt: now() })
      .where(
        and(
          eq(eventExports.id, id),
          eq(eventExports.status, "running"),
          eq(eventExports.fetches, fetches),
        ),
      )
      .returning({ id: eventExports.id }),
  );
  return noted.length > 0;
}

/** The same. @throws AppError `not_found` in place of false */
async function note(...what: Parameters<typeof tryNote>): Promise<void> {
  if (!(await tryNote(...what))) throw new AppError("not_found", "The export was cancelled.");
}

/**
 * Writes an export that has begun from an offset on, and its trailer when it is whole. What comes before the
 * offset is read again, for the digest is of all of it.
 * @throws AppError `not_found` when it was cancelled, `invalid_range` for an offset behind its end; whatever
 *   breaks it off
 */
export async function runExport(
  exporter: Exporter,
  owner: Owner,
  row: ExportRow,
  offset: number,
  write: Write,
): Promise<void> {
  const { format, query, from, to } = row;
  const state = { rows: 0, bytes: 0, firstAt: row.firstAt, reachedAt: row.reachedAt };
  const hash = createHash("sha256");
  let skipped = 0;
  const send = async (bytes: Buffer) => {
    const had = Math.min(offset - skipped, bytes.length);
    skipped += had;
    await write(bytes.subarray(had));
  };
  const put = async (bytes: Buffer) => {
    hash.update(bytes);
    state.bytes += bytes.length;
    await send(bytes);
  };
  try {
    const input = {
      query: query === "" ? undefined : query,
      from: from?.toISOString(),
      to: to.toISOString(),
    };
    // As when it was asked for: read again later, it must be the same.
    const as = { at: row.createdAt, agents: row.agents };
    const asked = await exporter.eventQueries.ask(owner, input, as);
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
        await note(exporter, row, state);
      }
      state.firstAt ??= reachedAt;
      state.reachedAt = reachedAt;
    }
    const trailer = { rows: state.rows, sha256: hash.digest("hex") };
    const last = Buffer.from(writeTrailer(format, trailer));
    if (offset > state.bytes + last.length) {
      throw new AppError("invalid_range", "The offset lies behind the end of the export.");
    }
    // Who has cancelled gets no line that makes it whole, however short it is.
    await note(exporter, row, state);
    await send(last);
    await tryNote(exporter, row, { ...state, status: "done" });
  } catch (error) {
    const why = error instanceof AppError ? error.message : "It was broken off.";
    await tryNote(exporter, row, { ...state, status: "failed", error: why });
    throw error;
  }
}

import { randomBytes } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import { exportPieces, exports } from "@muniment/db/schema/exports.ts";
import { users } from "@muniment/db/schema/users.ts";
import { eq } from "drizzle-orm";
import { z } from "zod";
import type { Deps } from "../deps.ts";
import { deriveKey, sealBytes } from "../encryption.ts";
import { enterScope } from "../identity/scope.ts";
import { exportQueue } from "../job-queues.ts";
import type { RequireOurs } from "../jobs.ts";
import { writeArchive } from "./write-archive.ts";

const payload = z.strictObject({ userId: z.uuid(), exportId: z.uuid() });
const pieceBytes = 256 * 1024;

const nonceBytes = 12;
export const piecePlace = (exportId: string, place: number) => `export:${exportId}:${place}`;

type ExportDeps = Pick<
  Deps,
  "database" | "databaseSpace" | "dataKeys" | "files" | "jobs" | "mailer" | "config" | "now"
>;

const deletePieces = (tx: Tx, exportId: string) =>
  tx.delete(exportPieces).where(eq(exportPieces.exportId, exportId));

/**
 * Makes the copy of a user's data that was asked for; begins anew when it is done again.
 * @throws AppError `disk_full` while less than the reserve is free; what `requireOurs` throws, before
 *   it touches what another makes meanwhile
 */
export async function makeExport(
  deps: ExportDeps,
  { userId, exportId }: z.infer<typeof payload>,
  requireOurs: RequireOurs,
) {
  const { database, dataKeys, files, now } = deps;
  const key = await dataKeys.keyFor(userId, `export:${exportId}`);
  if (!key) return;
  const update = (columns: Partial<typeof exports.$inferInsert>) =>
    database.transaction({ userId }, (tx) =>
      tx.update(exports).set(columns).where(eq(exports.id, exportId)),
    );
  await database.transaction({ userId }, async (tx) => {
    await deletePieces(tx, exportId);
    await requireOurs(tx);
  });
  let waiting = Buffer.alloc(0);
  let place = 0;
  let sizeBytes = 0;
  async function store(bytes: Buffer) {
    deps.databaseSpace.require();
    const label = piecePlace(exportId, place);
    // Not the one of a piece that was here before it was made anew: that may lie in a backup.
    const nonce = randomBytes(nonceBytes);
    const sealed = sealBytes(deriveKey(key as Buffer, label), nonce, bytes, label);
    const row = { userId, exportId, place, sealed };
    await database.transaction({ userId }, async (tx) => {
      await tx.insert(exportPieces).values(row);
      // Behind the export, as whoever erases the user has it.
      await requireOurs(tx);
    });
    place += 1;
    sizeBytes += bytes.length;
  }
  await writeArchive(
    { database, dataKeys, files, userId, now: now() },
    async (piece) => {
      waiting = Buffer.concat([waiting, piece]);
      while (waiting.length >= pieceBytes) {
        await store(waiting.subarray(0, pieceBytes));
        waiting = waiting.subarray(pieceBytes);
      }
    },
    async (rowsDone, rowsTotal) => void (await update({ rowsDone, rowsTotal })),
  );
  if (waiting.length > 0) await store(waiting);
  await database.transaction({ userId }, async (tx) => {
    await tx.update(exports).set({ finishedAt: now(), sizeBytes }).where(eq(exports.id, exportId));
    await requireOurs(tx);
    const [user] = await tx.select().from(users).where(eq(users.id, userId));
    if (!user) return;
    const text = [
      "The copy of your data that you asked for is ready. Sign in to download it:",
      new URL("/data", deps.config.publicUrl).href,
      "",
      "If you did not ask for it, change your password at once: whoever did was signed in as you.",
    ].join("\n");
    await deps.mailer.send(tx, { to: user.email, subject: "A copy of your data is ready", text });
  });
}

export function defineExportJob(deps: ExportDeps): void {
  deps.jobs.define(
    exportQueue,
    (given, requireOurs) => makeExport(deps, payload.parse(given), requireOurs),
    "transfers",
    async (tx, given) => {
      const { userId, exportId } = payload.parse(given);
      enterScope(tx, userId);
      await tx.update(exports).set({ failedAt: deps.now() }).where(eq(exports.id, exportId));
      await deletePieces(tx, exportId);
    },
  );
}

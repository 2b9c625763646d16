import { eventImportPieces, eventImports } from "@muniment/db/schema/event-imports.ts";
import { appendImportInput, eventImport, importPartBytes } from "@muniment/shared/imports.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { importQueue } from "../../job-queues.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { ownImport } from "./own-import.ts";
import { sealPart } from "./pieces.ts";
import { toImport } from "./read-imports.ts";

/**
 * Takes the part of a file that begins at `offset`; the last one sets the import going. A part that is
 * there already may be sent again, as after an answer that was lost.
 */
export const append = limited("general")
  .concat(signedIn)
  .concat(permission("events:write"))
  .meta({ bodyBytes: importPartBytes })
  .input(appendImportInput)
  .output(eventImport)
  .mutation(async ({ ctx: { deps, principal }, input: { id, offset, bytes } }) => {
    const { userId } = principal;
    const known = await ownImport(deps, userId, id);
    const end = offset + bytes.length;
    if (bytes.length > 0 && end <= known.receivedBytes) return toImport(known);
    deps.databaseSpace.require();
    if (known.status !== "receiving") throw new AppError("not_found", "It takes no more parts.");
    if (offset !== known.receivedBytes || bytes.length === 0) {
      const next = `The next part begins at ${known.receivedBytes}.`;
      throw new AppError("invalid_range", bytes.length === 0 ? "The part is empty." : next);
    }
    if (end > known.sizeBytes) {
      throw new AppError("invalid_range", `The file was announced with ${known.sizeBytes} bytes.`);
    }
    const pieces = await sealPart(deps, known, offset, bytes);
    const isLast = end === known.sizeBytes;
    return deps.database.transaction({ userId }, async (tx) => {
      const [row] = await tx
        .update(eventImports)
        .set({
          receivedBytes: end,
          updatedAt: deps.now(),
          ...(isLast ? { status: "queued" as const } : {}),
        })
        .where(
          and(
            eq(eventImports.id, id),
            eq(eventImports.status, "receiving"),
            eq(eventImports.receivedBytes, offset),
          ),
        )
        .returning();
      if (!row) throw new AppError("invalid_range", "This part is being sent twice at once.");
      await tx.insert(eventImportPieces).values(pieces);
      if (isLast) await deps.jobs.enqueue(tx, importQueue, { userId, importId: id });
      return toImport(row);
    });
  });

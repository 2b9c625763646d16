import { eventImports } from "@muniment/db/schema/event-imports.ts";
import { eventImport, importIdInput } from "@muniment/shared/imports.ts";
import { and, eq, inArray } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { deletePieces } from "./pieces.ts";
import { toImport } from "./read-imports.ts";

/** Breaks off an import within a second. What it has brought in by then stays. */
export const cancel = limited("general")
  .concat(signedIn)
  .concat(permission("events:write"))
  .input(importIdInput)
  .concat(audited("events.import_cancelled"))
  .output(eventImport)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input: { id } }) => {
    const [row] = await tx
      .update(eventImports)
      .set({ status: "cancelled", updatedAt: deps.now() })
      .where(
        and(
          eq(eventImports.id, id),
          eq(eventImports.userId, principal.userId),
          inArray(eventImports.status, ["receiving", "queued", "running"]),
        ),
      )
      .returning();
    if (!row) throw new AppError("not_found", "There is no such import under way.");
    await deletePieces(tx, id);
    await audit({ target: { kind: "import", id } });
    return toImport(row);
  });

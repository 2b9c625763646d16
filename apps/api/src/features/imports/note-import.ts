import type { Tx } from "@muniment/db/database.ts";
import { eventImportRejects, eventImports } from "@muniment/db/schema/event-imports.ts";
import { users } from "@muniment/db/schema/users.ts";
import { type ImportReject, keptRejects } from "@muniment/shared/imports.ts";
import { can } from "@muniment/shared/permissions.ts";
import { and, eq } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import { deletePieces } from "./pieces.ts";
import type { ImportRow } from "./read-imports.ts";
import { storable } from "./storable.ts";

type Noting = Pick<Deps, "database" | "now">;
type Changes = Partial<typeof eventImports.$inferInsert>;

async function mayImport(tx: Tx, userId: string): Promise<boolean> {
  const [user] = await tx
    .select({ role: users.role, disabledAt: users.disabledAt })
    .from(users)
    .where(eq(users.id, userId));
  return user !== undefined && user.disabledAt === null && can(user.role, "events:write");
}

/**
 * Notes how far an import has come, with the lines refused on the way. Null when it is not this one's
 * to go on with any more: it was cancelled, another node does it, or its user may not do it.
 */
export async function noteImport(
  { database, now }: Noting,
  row: ImportRow,
  changes: Changes,
  rejects: readonly ImportReject[] = [],
): Promise<ImportRow | null> {
  const { id, userId } = row;
  return database.transaction({ userId }, async (tx) => {
    const permitted = await mayImport(tx, userId);
    const stopped = { status: "failed", error: "Your account may not import any more." } as const;
    const [noted] = await tx
      .update(eventImports)
      .set({ ...changes, ...(permitted ? {} : stopped), updatedAt: now() })
      .where(
        and(
          eq(eventImports.id, id),
          eq(eventImports.status, row.status),
          // Whoever noted something meanwhile goes on with it alone.
          eq(eventImports.doneBytes, row.doneBytes),
        ),
      )
      .returning();
    if (!noted) return null;
    const kept = rejects.slice(0, Math.max(0, keptRejects - row.rejected));
    if (kept.length > 0) {
      const rows = kept.map((reject) => ({
        ...reject,
        message: storable(reject.message),
        userId,
        importId: id,
      }));
      await tx.insert(eventImportRejects).values(rows).onConflictDoNothing();
    }
    if (noted.status !== "running") await deletePieces(tx, id);
    return permitted ? noted : null;
  });
}

/** Ends an import with a sentence that says why. */
export const failImport = (deps: Noting, row: ImportRow, error: string) =>
  noteImport(deps, row, { status: "failed", error: storable(error) });

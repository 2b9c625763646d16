import { eventImports } from "@muniment/db/schema/event-imports.ts";
import { and, eq } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { ImportRow } from "./read-imports.ts";

/** @throws AppError `not_found` for what is not there, or somebody else's */
export async function ownImport(
  { database }: Pick<Deps, "database">,
  userId: string,
  id: string,
): Promise<ImportRow> {
  const [row] = await database
    .reads({ userId })
    .select()
    .from(eventImports)
    .where(and(eq(eventImports.id, id), eq(eventImports.userId, userId)));
  if (!row) throw new AppError("not_found", "There is no such import.");
  return row;
}

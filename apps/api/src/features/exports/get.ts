import { eventExports } from "@muniment/db/schema/event-exports.ts";
import { eventExport, exportIdInput } from "@muniment/shared/exports.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toExport } from "./read-exports.ts";

export const get = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(exportIdInput)
  .output(eventExport)
  .query(async ({ ctx: { deps, principal }, input: { id } }) => {
    const { userId } = principal;
    const [row] = await deps.database
      .reads({ userId })
      .select()
      .from(eventExports)
      .where(and(eq(eventExports.id, id), eq(eventExports.userId, userId)));
    if (!row) throw new AppError("not_found", "There is no such export.");
    return toExport(row, deps.now());
  });

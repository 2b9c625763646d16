import { eventExports } from "@muniment/db/schema/event-exports.ts";
import { eventExport, exportIdInput, exportResumeSeconds } from "@muniment/shared/exports.ts";
import { and, eq, gte, inArray, or } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toExport } from "./read-exports.ts";

/** Breaks off an export for good; the download ends within a second, without the line that makes it whole. */
export const cancel = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(exportIdInput)
  .concat(audited("events.export_cancelled"))
  .output(eventExport)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input: { id } }) => {
    const now = deps.now();
    const resumable = new Date(now.getTime() - exportResumeSeconds * 1000);
    const brokeOff = and(eq(eventExports.status, "failed"), gte(eventExports.updatedAt, resumable));
    const [row] = await tx
      .update(eventExports)
      .set({ status: "cancelled", updatedAt: now })
      .where(
        and(
          eq(eventExports.id, id),
          eq(eventExports.userId, principal.userId),
          or(inArray(eventExports.status, ["waiting", "running"]), brokeOff),
        ),
      )
      .returning();
    if (!row) throw new AppError("not_found", "There is no such export under way.");
    await audit({ target: { kind: "export", id } });
    return toExport(row, now);
  });

import { savedViews } from "@muniment/db/schema/saved-views.ts";
import { savedViewIdInput } from "@muniment/shared/saved-views.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

export const deleteSavedView = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(savedViewIdInput)
  .concat(audited("saved_view.deleted"))
  .output(savedViewIdInput)
  .mutation(async ({ ctx: { tx, audit, principal }, input }) => {
    const [deleted] = await tx
      .delete(savedViews)
      .where(and(eq(savedViews.id, input.id), eq(savedViews.userId, principal.userId)))
      .returning({ name: savedViews.name });
    if (!deleted) throw new AppError("not_found", "There is no such saved view.");
    await audit({ target: { kind: "saved_view", id: input.id, label: deleted.name } });
    return input;
  });

import { savedViews } from "@muniment/db/schema/saved-views.ts";
import { savedView, updateSavedViewInput } from "@muniment/shared/saved-views.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toSavedView } from "./read-saved-views.ts";

export const update = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(updateSavedViewInput)
  .concat(audited("saved_view.updated"))
  .output(savedView)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { id, name, query, display } = input;
    const changes = {
      ...(name === undefined ? {} : { name }),
      ...(query === undefined ? {} : { query }),
      ...(display === undefined ? {} : { display }),
    };
    const [row] = await tx
      .update(savedViews)
      .set({ ...changes, updatedAt: deps.now() })
      .where(and(eq(savedViews.id, id), eq(savedViews.userId, principal.userId)))
      .returning();
    if (!row) throw new AppError("not_found", "There is no such saved view.");
    await audit({
      target: { kind: "saved_view", id, label: row.name },
      details: { fields: Object.keys(changes) },
    });
    return toSavedView(row);
  });

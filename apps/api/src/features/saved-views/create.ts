import { savedViews } from "@muniment/db/schema/saved-views.ts";
import { users } from "@muniment/db/schema/users.ts";
import { createSavedViewInput, maxSavedViews, savedView } from "@muniment/shared/saved-views.ts";
import { count, eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toSavedView } from "./read-saved-views.ts";

export const create = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(createSavedViewInput)
  .concat(audited("saved_view.created"))
  .output(savedView)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { userId } = principal;
    // Those that come at once take turns, so that none is counted past the bound.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("no key update");
    const [known] = await tx
      .select({ count: count() })
      .from(savedViews)
      .where(eq(savedViews.userId, userId));
    if ((known?.count ?? 0) >= maxSavedViews) {
      throw new AppError("too_many", `There are ${maxSavedViews} saved views already.`);
    }
    const at = deps.now();
    const { name, query, display = {} } = input;
    const created = {
      ...{ id: uuidv7(), userId, name, query, display },
      createdAt: at,
      updatedAt: at,
    };
    await tx.insert(savedViews).values(created);
    await audit({ target: { kind: "saved_view", id: created.id, label: name } });
    return toSavedView(created);
  });

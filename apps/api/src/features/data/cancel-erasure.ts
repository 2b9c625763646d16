import { users } from "@muniment/db/schema/users.ts";
import { erasureState } from "@muniment/shared/own-data.ts";
import { noInput } from "@muniment/shared/values.ts";
import { and, eq, isNotNull } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** Takes an erasure back whose time of grace is not over. */
export const cancelErasure = limited("general")
  .concat(signedIn)
  .concat(permission("data:write"))
  .input(noInput)
  .concat(audited("data.erasure_cancelled"))
  .output(erasureState)
  .mutation(async ({ ctx: { deps, tx, audit, principal, request } }) => {
    const { userId, email } = principal;
    const cancelled = await tx
      .update(users)
      .set({ eraseAt: null, erasureId: null })
      .where(and(eq(users.id, userId), isNotNull(users.eraseAt)))
      .returning({ id: users.id });
    if (cancelled.length === 0) throw new AppError("not_found", "No erasure was asked for.");
    await audit({ target: { kind: "user", id: userId, label: email } });
    await deps.notify(tx, email, { kind: "erasure_cancelled" }, request);
    return { eraseAt: null, id: null };
  });

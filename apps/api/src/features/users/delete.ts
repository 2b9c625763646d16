import { users } from "@muniment/db/schema/users.ts";
import { erasedUser } from "@muniment/shared/own-data.ts";
import { userIdInput } from "@muniment/shared/users.ts";
import { eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { afterErasure, eraseUser, prepareErasure } from "../../erasure/erase-user.ts";
import { AppError } from "../../errors.ts";
import { keepAnAdmin } from "../../identity/last-admin.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { readUser } from "./read-users.ts";

/** Erases a user as that user could; the certificate can be fetched by `erasureId`. */
export const deleteUser = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .concat(recentlyAuthenticated)
  .input(userIdInput)
  .use(async function prepare({ ctx, next }) {
    return next({ ctx: { prepared: await prepareErasure(ctx.deps) } });
  })
  .concat(audited("user.deleted"))
  .output(erasedUser)
  .mutation(async ({ ctx, input: { id } }) => {
    const { deps, tx, audit, afterCommit, principal, prepared } = ctx;
    if (id === principal.userId)
      throw new AppError("own_account", "You cannot delete yourself here.");
    await keepAnAdmin(tx, id);
    const { email } = await readUser(tx, id);
    const [asked] = await tx
      .select({ erasureId: users.erasureId })
      .from(users)
      .where(eq(users.id, id));
    // Who waits for an erasure of their own was told where its certificate will be.
    const erasureId = asked?.erasureId ?? uuidv7();
    const erasure = { id: erasureId, userId: id, cause: "administrator" } as const;
    const { keys } = await eraseUser(deps, tx, prepared, erasure);
    const details = { erasureId: erasure.id, keys };
    await audit({ target: { kind: "user", id, label: email }, details });
    afterCommit(() => {
      void afterErasure(deps, erasure).catch((error: unknown) =>
        deps.log.error({ err: error }, "the ledger of erasures will be completed later"),
      );
    });
    return { id, erasureId: erasure.id };
  });

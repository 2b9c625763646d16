import { challenges } from "@muniment/db/schema/challenges.ts";
import { users } from "@muniment/db/schema/users.ts";
import { user, userIdInput } from "@muniment/shared/users.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { keepAnAdmin } from "../../identity/last-admin.ts";
import { dropInvitationsOf } from "../../identity/link-token.ts";
import { enterScope } from "../../identity/scope.ts";
import { endSessions } from "../../identity/sessions.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readUser } from "./read-users.ts";

/** Shuts a user out: sessions end, half-done sign-ins too, API keys stop working, nothing is deleted. */
export const disable = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .input(userIdInput)
  .concat(audited("user.disabled"))
  .output(user)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input: { id } }) => {
    if (id === principal.userId) throw new AppError("own_account", "You cannot disable yourself.");
    await keepAnAdmin(tx, id);
    const { email } = await readUser(tx, id);
    await tx.update(users).set({ disabledAt: deps.now() }).where(eq(users.id, id));
    const dropped = await dropInvitationsOf(tx, id);
    enterScope(tx, id);
    await endSessions(tx, id);
    // Half-done sign-ins, which would go on where the account is enabled soon after.
    await tx.delete(challenges).where(eq(challenges.userId, id));
    await audit({ target: { kind: "user", id, label: email }, details: dropped });
    afterCommit(deps.identities.forget);
    return readUser(tx, id);
  });

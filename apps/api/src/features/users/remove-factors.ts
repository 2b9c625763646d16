import { user, userIdInput } from "@muniment/shared/users.ts";
import { AppError } from "../../errors.ts";
import { lockUser } from "../../identity/factor-changes.ts";
import { dropProofs, unknownPassword } from "../../identity/lost-factors.ts";
import { sendResetLink } from "../../identity/reset-link.ts";
import { enterScope } from "../../identity/scope.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { forgetCodes } from "../../trpc/codes-limited.ts";
import { limited } from "../../trpc/limited.ts";
import { mailLimitedForUser } from "../../trpc/mail-limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { endOtherSessions } from "../../trpc/renew-session.ts";
import { readUser } from "./read-users.ts";

/**
 * Takes away the second factors of somebody who lost them. The password goes too, and the user is
 * mailed a link to set another: the administrator gets no way in, nor does whoever only has the
 * password and asked in the user's name (docs/adr/0018-second-factors.md).
 */
export const removeFactors = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .concat(recentlyAuthenticated)
  .input(userIdInput)
  .concat(
    mailLimitedForUser(async ({ database }, id) => (await readUser(database.reads({}), id)).email),
  )
  .use(async function choosePassword({ ctx, next }) {
    return next({ ctx: { passwordHash: await unknownPassword(ctx.deps.config) } });
  })
  .concat(audited("user.factors_removed"))
  .output(user)
  .mutation(async ({ ctx, input: { id } }) => {
    const { deps, tx, audit, principal, passwordHash } = ctx;
    if (id === principal.userId) {
      throw new AppError("own_account", "Change your own factors on your account page.");
    }
    const { email } = await readUser(tx, id);
    const locked = await lockUser(tx, id);
    if (!locked) {
      throw new AppError("user_disabled", "Enable the account before its factors are removed.");
    }
    if (!locked.secondFactorAt)
      throw new AppError("not_found", "There is no second factor to remove.");
    enterScope(tx, id);
    const removed = await dropProofs(tx, id, passwordHash);
    const sessionsRevoked = await endOtherSessions(ctx, id);
    await deps.notify(tx, email, { kind: "factors_removed" });
    await sendResetLink(deps, tx, { id, email }, "administrator");
    await audit({
      target: { kind: "user", id, label: email },
      details: { ...removed, sessionsRevoked },
    });
    await forgetCodes(deps.limits, email);
    return readUser(tx, id);
  });

import { users } from "@muniment/db/schema/users.ts";
import { changePasswordInput } from "@muniment/shared/accounts.ts";
import { revokedSessions } from "@muniment/shared/sessions.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { proveOwnPassword, requireUnchanged } from "../../identity/credentials.ts";
import { forgetDevices } from "../../identity/known-devices.ts";
import { dropAccountLinks } from "../../identity/link-token.ts";
import { hashNewPassword } from "../../identity/new-password.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimitedForSelf } from "../../trpc/auth-limited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { endOtherSessions } from "../../trpc/renew-session.ts";

const tooShort = () =>
  new AppError("password_too_short", "This password is too short to stand alone.");

export const changePassword = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(signedIn)
  .concat(permission("account:write"))
  .concat(authLimitedForSelf)
  .input(changePasswordInput)
  .use(async function checkPassword({ ctx, input, next }) {
    const { deps, principal } = ctx;
    const proof = await proveOwnPassword(deps, principal.userId, input.currentPassword);
    return next({ ctx: { proof } });
  })
  .use(async function choosePassword({ ctx, input, next }) {
    return next({
      ctx: { chosen: await hashNewPassword(ctx.deps, input.password, ctx.proof.user) },
    });
  })
  .concat(audited("account.password_changed"))
  .output(revokedSessions)
  .mutation(async ({ ctx }) => {
    const { deps, tx, audit, principal, request, proof, chosen } = ctx;
    const { userId: id } = principal;
    const user = await requireUnchanged(tx, id, proof.user.passwordHash);
    // The second factor that permitted a short one may be gone by now.
    if (chosen.passwordIsShort && !user.secondFactorAt) throw tooShort();
    await tx.update(users).set(chosen).where(eq(users.id, id));
    await dropAccountLinks(tx, id);
    const revoked = await endOtherSessions(ctx);
    await forgetDevices(tx, id, request.deviceTokens);
    await audit({
      target: { kind: "user", id, label: principal.email },
      details: { sessionsRevoked: revoked },
    });
    await deps.notify(tx, principal.email, { kind: "password_changed" }, request);
    return { revoked };
  });

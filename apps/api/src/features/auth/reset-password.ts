import { users } from "@muniment/db/schema/users.ts";
import { passwordWasReset, resetPasswordInput } from "@muniment/shared/accounts.ts";
import { eq } from "drizzle-orm";
import { forgetDevices } from "../../identity/known-devices.ts";
import { dropAccountLinks } from "../../identity/link-token.ts";
import { newPasswordOf, takeAccountLink, wrongLink } from "../../identity/linked-account.ts";
import { endSessions } from "../../identity/sessions.ts";
import { audited } from "../../trpc/audited.ts";
import { forgetAttempts } from "../../trpc/auth-limited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";
import { withLink } from "../../trpc/with-link.ts";

/** Sets a new password with a link of a mail. Starts no session, so a second factor is still asked for. */
export const resetPassword = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(countsFailures)
  .input(resetPasswordInput)
  .concat(withLink("password_reset"))
  .use(async function choosePassword({ ctx, input, next }) {
    return next({ ctx: { chosen: await newPasswordOf(ctx.deps, ctx.link, input.password) } });
  })
  .concat(audited("account.password_reset"))
  .output(passwordWasReset)
  .mutation(async ({ ctx, input: { token } }) => {
    const { deps, tx, audit, afterCommit, request, chosen } = ctx;
    const { user, link } = await takeAccountLink(tx, ctx.link, token, deps.now());
    const { id, email } = user;
    // It went to an address that is not the account's any more.
    if (link.email !== email) throw wrongLink();
    await tx.update(users).set(chosen).where(eq(users.id, id));
    await dropAccountLinks(tx, id);
    const sessionsRevoked = await endSessions(tx, id);
    await forgetDevices(tx, id);
    await deps.notify(tx, email, { kind: "password_reset" }, request);
    await audit({
      target: { kind: "user", id, label: email },
      actor: { userId: id, label: email },
      details: { sessionsRevoked },
    });
    // Who could not remember the password has just failed often enough to be kept out.
    await forgetAttempts(deps.limits, email);
    afterCommit(deps.identities.forget);
    return { status: "passwordReset" };
  });

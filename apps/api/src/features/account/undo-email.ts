import { passwordWasReset, resetPasswordInput } from "@muniment/shared/accounts.ts";
import { forgetDevices } from "../../identity/known-devices.ts";
import { dropAccountLinks, dropLaterUndos } from "../../identity/link-token.ts";
import { newPasswordOf, takeAccountLink, wrongLink } from "../../identity/linked-account.ts";
import { endSessions } from "../../identity/sessions.ts";
import { audited } from "../../trpc/audited.ts";
import { forgetAttempts } from "../../trpc/auth-limited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";
import { withLink } from "../../trpc/with-link.ts";
import { setAddress } from "./set-address.ts";

/**
 * Gives an account back the address it had, and a new password with it: whoever changed the address
 * knew the old one. Starts no session, so a second factor is still asked for.
 */
export const undoEmail = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(countsFailures)
  .input(resetPasswordInput)
  .concat(withLink("email_undo"))
  .use(async function choosePassword({ ctx, input, next }) {
    return next({ ctx: { chosen: await newPasswordOf(ctx.deps, ctx.link, input.password) } });
  })
  .concat(audited("account.email_restored"))
  .output(passwordWasReset)
  .mutation(async ({ ctx, input: { token } }) => {
    const { deps, tx, audit, afterCommit, request, chosen } = ctx;
    const { user, link } = await takeAccountLink(tx, ctx.link, token, deps.now());
    const { id, email: removed } = user;
    const { email } = link;
    if (email === null) throw wrongLink();
    await setAddress(tx, id, { email, ...chosen });
    await dropAccountLinks(tx, id);
    await dropLaterUndos(tx, id, link.createdAt);
    const sessionsRevoked = await endSessions(tx, id);
    await forgetDevices(tx, id);
    await deps.notify(tx, email, { kind: "password_reset" }, request);
    await deps.notify(tx, removed, { kind: "email_removed" }, request);
    await audit({
      target: { kind: "user", id, label: email },
      actor: { userId: id, label: email },
      details: { sessionsRevoked },
    });
    await forgetAttempts(deps.limits, email);
    afterCommit(deps.identities.forget);
    return { status: "passwordReset" };
  });

import { addressVerified, linkInput } from "@muniment/shared/accounts.ts";
import { behindOthers, createLinkToken, dropAccountLinks } from "../../identity/link-token.ts";
import { takeAccountLink, wrongLink } from "../../identity/linked-account.ts";
import { endSessions } from "../../identity/sessions.ts";
import { linkMail } from "../../link-mail.ts";
import { audited } from "../../trpc/audited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";
import { withLink } from "../../trpc/with-link.ts";
import { setAddress } from "./set-address.ts";

/** How long the old address can take a change back. */
const undoSeconds = 72 * 3600;

/**
 * Gives an account the address that the link was mailed to. Every session ends but that of the caller,
 * if it is the account's own; the old address gets a link that takes it all back.
 */
export const confirmEmail = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(countsFailures)
  .input(linkInput)
  .concat(withLink("email_change"))
  .concat(audited("account.email_changed"))
  .output(addressVerified)
  .mutation(async ({ ctx, input: { token } }) => {
    const { deps, tx, audit, afterCommit, request } = ctx;
    const { user, link } = await takeAccountLink(tx, ctx.link, token, deps.now());
    const { id, email: before } = user;
    const { email } = link;
    if (email === null) throw wrongLink();
    await setAddress(tx, id, { email });
    await dropAccountLinks(tx, id);
    const caller = await ctx.identify();
    const own = caller.kind === "user" && caller.userId === id ? caller.sessionId : "";
    const sessionsRevoked = await endSessions(tx, id, own);
    const facts = { purpose: "email_undo", userId: id, email: before } as const;
    const at = await behindOthers(tx, id, facts.purpose, deps.now());
    const undo = await createLinkToken(tx, facts, at, undoSeconds);
    await deps.mailer.send(
      tx,
      linkMail({
        to: before,
        subject: "The address of your account was changed",
        lead: "Your account of Muniment has another address now; this one no longer signs in.",
        purpose: "take the change back and set a new password, if it was not you who made it",
        link: new URL(`/undo-email#token=${undo.token}`, deps.config.publicUrl),
        expiresAt: undo.expiresAt,
        otherwise: "If it was you, there is nothing to do.",
      }),
    );
    await deps.notify(tx, email, { kind: "email_changed" }, request);
    await audit({
      target: { kind: "user", id, label: email },
      actor: { userId: id, label: before },
      details: { sessionsRevoked },
    });
    afterCommit(deps.identities.forget);
    return { status: "verified", email };
  });

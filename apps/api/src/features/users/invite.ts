import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { users } from "@muniment/db/schema/users.ts";
import { invitation, inviteUserInput } from "@muniment/shared/users.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { lockUser } from "../../identity/factor-changes.ts";
import { createLinkToken } from "../../identity/link-token.ts";
import { readUntil, untilOf } from "../../identity/role-at.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { mailLimitedForAdmin } from "../../trpc/mail-limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

const lifetimeSeconds = 72 * 3600;

type Facts = { link: string; inviter: string; expiresAt: Date; roleUntil: Date | null };

function invitationText({ link, inviter, expiresAt, roleUntil }: Facts): string {
  const asWhat = roleUntil
    ? [`You will be an auditor until ${roleUntil.toUTCString()}, and a member from then on.`]
    : [];
  return [
    `${inviter} invites you to Muniment.`,
    ...asWhat,
    "",
    "Open this link to make your account:",
    link,
    "",
    `It works once, for this address only, until ${expiresAt.toUTCString()}.`,
    "If you did not expect it, ignore this mail.",
  ].join("\n");
}

/** Invites an address, as an auditor also for a time. A new invitation replaces an earlier one. */
export const invite = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .concat(recentlyAuthenticated)
  .concat(mailLimitedForAdmin)
  .input(inviteUserInput)
  .concat(audited("user.invited"))
  .output(invitation)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { email, role } = input;
    if (deps.config.signUp === "closed")
      throw new AppError("sign_up_closed", "Nobody can accept an invitation: SIGN_UP is closed.");
    // Stays an administrator until this is committed, or is none already: see `dropInvitationsOf`.
    const inviter = await lockUser(tx, principal.userId);
    if (inviter?.role !== "admin")
      throw new AppError("not_permitted", "You are no administrator any more.");
    const roleUntil = readUntil(input.until, deps.now());
    const [known] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email));
    if (known) throw new AppError("already_exists", "There is an account with this address.");
    await tx
      .delete(linkTokens)
      .where(and(eq(linkTokens.purpose, "invitation"), eq(linkTokens.email, email)));
    const { token, id, expiresAt } = await createLinkToken(
      tx,
      { purpose: "invitation", email, role, roleUntil, invitedBy: principal.userId },
      deps.now(),
      lifetimeSeconds,
    );
    const link = new URL(`/sign-up#invitation=${token}`, deps.config.publicUrl).href;
    await deps.mailer.send(tx, {
      to: email,
      subject: "Your invitation to Muniment",
      text: invitationText({ link, inviter: principal.displayName, expiresAt, roleUntil }),
    });
    await audit({
      target: { kind: "invitation", id, label: email },
      details: { role, ...untilOf({ roleUntil }) },
    });
    return {
      email,
      role,
      roleUntil: roleUntil?.toISOString() ?? null,
      expiresAt: expiresAt.toISOString(),
    };
  });

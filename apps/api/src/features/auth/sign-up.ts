import type { Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { isUniqueViolation } from "@muniment/db/unavailable.ts";
import { signUpInput, signUpResult } from "@muniment/shared/accounts.ts";
import type { Role } from "@muniment/shared/permissions.ts";
import { v7 as uuidv7 } from "uuid";
import type { z } from "zod";
import type { Config } from "../../config.ts";
import { AppError } from "../../errors.ts";
import { findLinkToken, takeLinkToken } from "../../identity/link-token.ts";
import { hashNewPassword } from "../../identity/new-password.ts";
import { grantedAt, untilOf } from "../../identity/role-at.ts";
import { audited } from "../../trpc/audited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";
import { mailLimitedIf } from "../../trpc/mail-limited.ts";
import { signUpLimited } from "../../trpc/sign-up-limited.ts";
import { startsSession, toMe } from "../../trpc/starts-session.ts";
import { type PendingSignUp, signUpQueue } from "./jobs.ts";
import { signUpClosed } from "./sign-up-closed.ts";

const wrongInvitation = () =>
  new AppError("invalid_token", "This invitation is not valid for this address.");

/** The role that a sign-up gets, by invitation or, where everyone may, as a member. */
async function admit(
  tx: Tx,
  policy: Config["signUp"],
  { email, invitation }: z.infer<typeof signUpInput>,
  now: Date,
): Promise<{ role: Role; roleUntil: Date | null; invitedBy: string | null }> {
  if (invitation === undefined) {
    if (policy === "open") return { role: "member", roleUntil: null, invitedBy: null };
    throw signUpClosed(policy);
  }
  const taken = await takeLinkToken(tx, "invitation", invitation, now);
  if (!taken?.role || taken.email !== email) throw wrongInvitation();
  const { role, roleUntil, invitedBy } = taken;
  return { ...grantedAt({ role, roleUntil }, now), invitedBy };
}

export const signUp = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(signUpLimited)
  .concat(countsFailures)
  .concat(startsSession)
  .input(signUpInput)
  .use(async function refuseClosed({ ctx, input, next }) {
    // Before the password is hashed: a closed door and a wrong invitation cost nothing.
    const { config, database, now } = ctx.deps;
    const { invitation } = input;
    if (config.signUp === "closed" || (config.signUp === "invite" && invitation === undefined)) {
      throw signUpClosed(config.signUp);
    }
    if (invitation !== undefined) {
      const found = await findLinkToken(database, "invitation", invitation, now());
      if (!found) throw wrongInvitation();
    }
    return next();
  })
  .concat(mailLimitedIf(({ config }) => config.signUpVerify))
  .use(async function choosePassword({ ctx, input, next }) {
    return next({ ctx: { chosen: await hashNewPassword(ctx.deps, input.password, input) } });
  })
  .concat(audited("user.signed_up", "user.sign_up_requested"))
  .output(signUpResult)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, startSession, chosen }, input }) => {
    const { email, displayName, invitation } = input;
    const now = deps.now();
    const { role, roleUntil, invitedBy } = await admit(tx, deps.config.signUp, input, now);
    const invited = invitation !== undefined;
    if (deps.config.signUpVerify) {
      // The same for every address, known or not: a job finds out which mail is due.
      const { passwordHash } = chosen;
      const pending: PendingSignUp = {
        ...{ email, displayName, passwordHash, role, invited },
        ...(roleUntil && { roleUntil: roleUntil.toISOString() }),
        ...(invitedBy && { invitedBy }),
      };
      await deps.jobs.enqueue(tx, signUpQueue, pending);
      await audit({
        action: "user.sign_up_requested",
        target: { kind: "procedure", id: "auth.signUp", label: email },
        details: {},
      });
      return { status: "verificationSent" };
    }
    const account = { id: uuidv7(), email, displayName, role, roleUntil, createdAt: now };
    const user = { ...account, ...chosen, lastSignInAt: null };
    await tx
      .insert(users)
      .values(user)
      .catch((cause: unknown) => {
        if (!isUniqueViolation(cause)) throw cause;
        throw new AppError("already_exists", "There is an account with this address.", { cause });
      });
    const session = await startSession(tx, user);
    await audit({
      target: { kind: "user", id: user.id, label: email },
      actor: { userId: user.id, label: email },
      details: { role, invited, ...untilOf({ roleUntil }) },
    });
    afterCommit(session.setCookie);
    return { status: "signedIn", user: toMe(deps.config, { ...user, secondFactor: false }) };
  });

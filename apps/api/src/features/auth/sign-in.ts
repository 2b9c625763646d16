import { together } from "@muniment/db/transactions.ts";
import { signInInput } from "@muniment/shared/accounts.ts";
import { signInResult } from "@muniment/shared/second-factors.ts";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { isOutdated } from "../../identity/begin-session.ts";
import { createChallenge, passwordDigestOf } from "../../identity/challenges.ts";
import { acceptProof, provePassword } from "../../identity/credentials.ts";
import { passkeyRequestOf } from "../../identity/passkeys.ts";
import { enterScope } from "../../identity/scope.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimited } from "../../trpc/auth-limited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { startsSession, toMe } from "../../trpc/starts-session.ts";
import { readSecondFactors } from "./second-factors.ts";

const bodyBytes = 4096;

/** Signs in, or, where there is a second factor, answers a challenge for `verifyMfa`. */
export const signIn = limited("general")
  .meta({ bodyBytes })
  .concat(anyone)
  .concat(authLimited)
  .concat(startsSession)
  .input(signInInput)
  .use(async function checkPassword({ ctx, input, next }) {
    const { deps } = ctx;
    const found = await ctx.findAttempted();
    const proof = await provePassword(deps, found?.user, input.password);
    // Before a connection is lent, as `audited` does for who is signed in already.
    await deps.dataKeys.idOf(proof.user.id, found?.key);
    // A session that ends for the new one would be locked before the account.
    const isFirst = (await ctx.identify()).kind === "anonymous";
    const isKnown = found?.device && proof.user.secondFactorAt === null && isFirst;
    const result = await next({ ctx: { proof, asFound: isKnown ? proof.user : undefined } });
    if (result.ok || !isOutdated(result.error)) return result;
    return next({ ctx: { proof, asFound: undefined } });
  })
  .concat(audited("session.created", "sign_in.challenged"))
  .output(signInResult)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, startSession, proof, asFound } }) => {
    enterScope(tx, proof.user.id);
    if (proof.user.secondFactorAt === null) {
      const id = uuidv7();
      const methods = ["password" as const];
      // None needs the other's answer, so they are sent together.
      const [user, session] = await together(
        asFound ? Promise.resolve(asFound) : acceptProof(tx, proof),
        startSession(tx, proof.user, methods, id, asFound),
      );
      if (user.secondFactorAt !== null)
        throw new AppError(
          "mfa_required",
          "The account has just got a second factor. Sign in again.",
        );
      await audit({
        target: { kind: "session", id },
        actor: { userId: user.id, label: user.email },
        details: { methods },
      });
      afterCommit(session.setCookie);
      return { status: "signedIn", user: toMe(deps.config, { ...user, secondFactor: false }) };
    }
    const user = await acceptProof(tx, proof);
    const { methods, passkeys } = await readSecondFactors(tx, deps.config, user.id);
    const passwordDigest = passwordDigestOf(user.passwordHash);
    const facts = { purpose: "second_factor" as const, userId: user.id, passwordDigest };
    const challenge = await createChallenge(tx, facts, deps.now());
    await audit({
      action: "sign_in.challenged",
      target: { kind: "user", id: user.id, label: user.email },
      actor: { userId: user.id, label: user.email },
      details: { methods },
    });
    const allowed = { allowed: passkeys, alone: false };
    const passkey = passkeys.length > 0 ? passkeyRequestOf(deps.config, challenge, allowed) : null;
    return { status: "mfaRequired", challenge, methods, passkey };
  });

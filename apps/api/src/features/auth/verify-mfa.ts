import { signedInResult } from "@muniment/shared/accounts.ts";
import { type AuthenticationMethod, verifyMfaInput } from "@muniment/shared/second-factors.ts";
import { AppError } from "../../errors.ts";
import { challengeOver, endChallenge, passwordDigestOf } from "../../identity/challenges.ts";
import { lockUser } from "../../identity/factor-changes.ts";
import { acceptPasskey, provePasskey } from "../../identity/passkeys.ts";
import { enterScope } from "../../identity/scope.ts";
import { takeCode } from "../../identity/second-factor.ts";
import { answersChallenge } from "../../trpc/answers-challenge.ts";
import { audited } from "../../trpc/audited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { codesLimited } from "../../trpc/codes-limited.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";
import { startsSession, toMe } from "../../trpc/starts-session.ts";

/** Finishes a sign-in whose password was right: with a code, or with a passkey's signature over the challenge. */
export const verifyMfa = limited("general")
  .meta({ bodyBytes: 16_384 })
  .concat(anyone)
  .concat(countsFailures)
  .concat(answersChallenge)
  .concat(startsSession)
  .input(verifyMfaInput)
  .concat(codesLimited)
  .use(async function checkPasskey({ ctx, input, next }) {
    const { challenge, passkey } = input;
    const asked = { challenge, alone: false };
    const proof = passkey && (await provePasskey(ctx.deps, ctx.half.userId, passkey, asked));
    return next({ ctx: { proof } });
  })
  .concat(audited("session.created"))
  .output(signedInResult)
  .mutation(async ({ ctx, input: { challenge, code } }) => {
    const { deps, tx, audit, afterCommit, startSession, request, half, proof } = ctx;
    enterScope(tx, half.userId);
    const user = await lockUser(tx, half.userId);
    if (!user || !(await endChallenge(tx, "second_factor", challenge))) throw challengeOver();
    // A password changed since then is one that nobody has proved.
    if (!half.passwordDigest || passwordDigestOf(user.passwordHash).compare(half.passwordDigest)) {
      throw challengeOver();
    }
    if (proof) await acceptPasskey(tx, proof, deps.now());
    const method = proof ? "passkey" : code && (await takeCode(deps, tx, user, code, request));
    if (!method)
      throw new AppError("invalid_credentials", "The code is wrong, or was used before.");
    const methods: AuthenticationMethod[] = ["password", method];
    const session = await startSession(tx, user, methods);
    await audit({
      target: { kind: "session", id: session.publicId },
      actor: { userId: user.id, label: user.email },
      details: { methods },
    });
    afterCommit(session.setCookie);
    return { status: "signedIn", user: toMe(deps.config, { ...user, secondFactor: true }) };
  });

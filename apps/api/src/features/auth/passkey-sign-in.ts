import { signedInResult } from "@muniment/shared/accounts.ts";
import { passkeySignInInput } from "@muniment/shared/second-factors.ts";
import { spendChallenge } from "../../identity/challenges.ts";
import { lockUser } from "../../identity/factor-changes.ts";
import {
  acceptPasskey,
  claimedChallenge,
  claimedUser,
  provePasskey,
  wrongPasskey,
} from "../../identity/passkeys.ts";
import { enterScope } from "../../identity/scope.ts";
import { audited } from "../../trpc/audited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";
import { startsSession, toMe } from "../../trpc/starts-session.ts";

/** Signs in with a passkey alone, which must have verified its user; nobody names an account. */
export const passkeySignIn = limited("general")
  .meta({ bodyBytes: 16_384 })
  .concat(anyone)
  .concat(countsFailures)
  .concat(startsSession)
  .input(passkeySignInInput)
  .use(async function checkPasskey({ ctx: { deps }, input: { passkey }, next }) {
    const challenge = claimedChallenge(passkey.response.clientDataJSON);
    await spendChallenge(deps.database, { purpose: "passkey_sign_in" }, challenge, deps.now());
    const userId = claimedUser(passkey);
    const proof = await provePasskey(deps, userId, passkey, { challenge, alone: true });
    return next({ ctx: { proof } });
  })
  .concat(audited("session.created"))
  .output(signedInResult)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, startSession, proof } }) => {
    const { userId } = proof.passkey;
    enterScope(tx, userId);
    const user = await lockUser(tx, userId);
    if (!user) throw wrongPasskey();
    await acceptPasskey(tx, proof, deps.now());
    const methods = ["passkey" as const];
    const session = await startSession(tx, user, methods);
    await audit({
      target: { kind: "session", id: session.publicId },
      actor: { userId, label: user.email },
      details: { methods },
    });
    afterCommit(session.setCookie);
    return { status: "signedIn", user: toMe(deps.config, { ...user, secondFactor: true }) };
  });

import type { Tx } from "@muniment/db/database.ts";
import { sessions } from "@muniment/db/schema/sessions.ts";
import { reauthenticated } from "@muniment/shared/accounts.ts";
import { type AuthenticationMethod, reauthenticateInput } from "@muniment/shared/second-factors.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { spendChallenge } from "../../identity/challenges.ts";
import { acceptProof, type Proof, proveOwnPassword } from "../../identity/credentials.ts";
import {
  acceptPasskey,
  claimedChallenge,
  type PasskeyProof,
  provePasskey,
} from "../../identity/passkeys.ts";
import { takeCode } from "../../identity/second-factor.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimitedForSelf } from "../../trpc/auth-limited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { codesLimited } from "../../trpc/codes-limited.ts";
import type { Context } from "../../trpc/context.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { renewSession } from "../../trpc/renew-session.ts";

type Proven = { by: "password"; proof: Proof } | { by: "passkey"; proof: PasskeyProof };

const codeMissing = () => new AppError("mfa_required", "A code of your second factor is needed.");

async function acceptProven(
  { deps, request }: Pick<Context, "deps" | "request">,
  tx: Tx,
  proven: Proven,
  code: string | undefined,
): Promise<AuthenticationMethod[]> {
  if (proven.by === "passkey") {
    await acceptPasskey(tx, proven.proof, deps.now());
    return ["passkey"];
  }
  const user = await acceptProof(tx, proven.proof);
  if (user.secondFactorAt === null) return ["password"];
  if (!code) throw codeMissing();
  const method = await takeCode(deps, tx, user, code, request);
  if (!method) throw new AppError("invalid_credentials", "The code is wrong, or was used before.");
  return ["password", method];
}

/** Proves again that it is the user: by password, with a code where there is a second factor, or by passkey. */
export const reauthenticate = limited("general")
  .meta({ bodyBytes: 16_384 })
  .concat(signedIn)
  .concat(permission("account:write", { whileEnrolling: true }))
  .concat(authLimitedForSelf)
  .input(reauthenticateInput)
  .use(async function checkProof({ ctx: { deps, principal }, input, next }) {
    const { userId, sessionId, secondFactor } = principal;
    const { passkey, password, code } = input;
    if (passkey) {
      const challenge = claimedChallenge(passkey.response.clientDataJSON);
      const place = { purpose: "reauthentication" as const, userId, sessionId };
      await spendChallenge(deps.database, place, challenge, deps.now());
      const asked = { challenge, alone: true };
      const proof = await provePasskey(deps, userId, passkey, asked);
      return next({ ctx: { proven: { by: "passkey", proof } as Proven } });
    }
    // Before the password is looked at, so that nobody learns by this whether it is right.
    if (secondFactor && !code) throw codeMissing();
    const proof = await proveOwnPassword(deps, userId, password ?? "");
    return next({ ctx: { proven: { by: "password", proof } as Proven } });
  })
  .concat(codesLimited)
  .concat(audited("session.reauthenticated"))
  .output(reauthenticated)
  .mutation(async ({ ctx, input: { code } }) => {
    const { deps, tx, audit, principal, proven } = ctx;
    const methods = await acceptProven(ctx, tx, proven, code);
    const authenticatedAt = deps.now();
    await tx
      .update(sessions)
      .set({ authenticatedAt, methods })
      .where(eq(sessions.id, principal.sessionId));
    await audit({
      target: { kind: "session", id: principal.sessionPublicId },
      details: { methods },
    });
    await renewSession(ctx);
    return { authenticatedAt: authenticatedAt.toISOString() };
  });

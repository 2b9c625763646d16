import { totpFactors } from "@muniment/db/schema/second-factors.ts";
import { disableTotpInput } from "@muniment/shared/second-factors.ts";
import { revokedSessions } from "@muniment/shared/sessions.ts";
import { and, eq, isNotNull } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { acceptProof, proveOwnPassword } from "../../identity/credentials.ts";
import { lockSelf, settleFactors } from "../../identity/factor-changes.ts";
import { takeCode } from "../../identity/second-factor.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimitedForSelf } from "../../trpc/auth-limited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { codesLimited } from "../../trpc/codes-limited.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { endOtherSessions } from "../../trpc/renew-session.ts";

/** Takes the authenticator app away, for whoever proves a code or the password once more. */
export const disableTotp = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(signedIn)
  .concat(permission("account:write"))
  .concat(recentlyAuthenticated)
  .concat(authLimitedForSelf)
  .input(disableTotpInput)
  .use(async function checkPassword({ ctx: { deps, principal }, input, next }) {
    const { password } = input;
    const proof = password && (await proveOwnPassword(deps, principal.userId, password));
    return next({ ctx: { proof } });
  })
  .concat(codesLimited)
  .concat(audited("totp.disabled"))
  .output(revokedSessions)
  .mutation(async ({ ctx, input }) => {
    const { deps, tx, audit, principal, request, proof } = ctx;
    const { userId, email } = principal;
    const user = await lockSelf(tx, userId);
    if (proof) await acceptProof(tx, proof);
    else if (!(await takeCode(deps, tx, user, input.code ?? "", request))) {
      throw new AppError("invalid_credentials", "The code is wrong, or was used before.");
    }
    const removed = await tx
      .delete(totpFactors)
      .where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.secret)))
      .returning({ userId: totpFactors.userId });
    if (removed.length === 0) throw new AppError("not_found", "There is no authenticator app.");
    await settleFactors(tx, deps.config, user, deps.now());
    const revoked = await endOtherSessions(ctx);
    await audit({
      target: { kind: "user", id: userId, label: email },
      details: { sessionsRevoked: revoked },
    });
    await deps.notify(tx, email, { kind: "factor_removed" }, request);
    return { revoked };
  });

import { totpFactors } from "@muniment/db/schema/second-factors.ts";
import { confirmedTotp, confirmTotpInput } from "@muniment/shared/second-factors.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { lockSelf, settleFactors } from "../../identity/factor-changes.ts";
import { totpPlace } from "../../identity/second-factor.ts";
import { stepOfCode } from "../../identity/totp.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { endOtherSessions } from "../../trpc/renew-session.ts";

/** Puts the secret of `beginTotp` in force, in place of an earlier one, once the app has made a right code of it. */
export const confirmTotp = limited("general")
  .concat(signedIn)
  .concat(permission("account:write", { whileEnrolling: true }))
  .concat(recentlyAuthenticated)
  .input(confirmTotpInput)
  .concat(audited("totp.enabled"))
  .output(confirmedTotp)
  .mutation(async ({ ctx, input }) => {
    const { deps, tx, audit, principal, request } = ctx;
    const { userId, email } = principal;
    const now = deps.now();
    const user = await lockSelf(tx, userId);
    const [factor] = await tx.select().from(totpFactors).where(eq(totpFactors.userId, userId));
    const secret = factor?.pendingSecret;
    if (!secret) throw new AppError("not_found", "Nothing is being set up. Begin anew.");
    const plain = deps.encryption.decrypt(secret, totpPlace(userId));
    const lastStep = stepOfCode(plain, input.code.replaceAll(/\s/g, ""), now, 0);
    if (lastStep === null) throw new AppError("invalid_credentials", "The code is wrong.");
    await tx
      .update(totpFactors)
      .set({ secret, pendingSecret: null, confirmedAt: now, lastStep })
      .where(eq(totpFactors.userId, userId));
    const recoveryCodes = await settleFactors(tx, deps.config, user, now);
    const sessionsRevoked = await endOtherSessions(ctx);
    await audit({
      target: { kind: "user", id: userId, label: email },
      details: { sessionsRevoked },
    });
    await deps.notify(tx, email, { kind: "factor_added" }, request);
    return { recoveryCodes };
  });

import { totpFactors } from "@muniment/db/schema/second-factors.ts";
import { totpSetUp } from "@muniment/shared/second-factors.ts";
import { noInput } from "@muniment/shared/values.ts";
import { totpPlace } from "../../identity/second-factor.ts";
import { newTotpSecret, totpUri } from "../../identity/totp.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

/** A secret for an authenticator app. It changes nothing before `confirmTotp` has seen a code of it. */
export const beginTotp = limited("general")
  .concat(signedIn)
  .concat(permission("account:write", { whileEnrolling: true }))
  .concat(recentlyAuthenticated)
  .input(noInput)
  .output(totpSetUp)
  .mutation(async ({ ctx: { deps, principal } }) => {
    const { userId, email } = principal;
    const secret = newTotpSecret();
    const pendingSecret = deps.encryption.encrypt(secret, totpPlace(userId));
    await deps.database.transaction({ userId }, (tx) =>
      tx
        .insert(totpFactors)
        .values({ userId, pendingSecret, lastStep: 0 })
        .onConflictDoUpdate({ target: totpFactors.userId, set: { pendingSecret } }),
    );
    return { secret, uri: totpUri(secret, email) };
  });

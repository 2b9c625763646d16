import { recoveryCodes, totpFactors } from "@muniment/db/schema/second-factors.ts";
import { factors as factorsSchema } from "@muniment/shared/second-factors.ts";
import { noInput } from "@muniment/shared/values.ts";
import { count, eq } from "drizzle-orm";
import { passkeysUnavailable } from "../../identity/passkey-site.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** Which second factors there are and can be; `listPasskeys` has the passkeys. */
export const factors = limited("general")
  .concat(signedIn)
  .concat(permission("account:write", { whileEnrolling: true }))
  .input(noInput)
  .output(factorsSchema)
  .query(async ({ ctx: { deps, principal } }) => {
    const { database, config } = deps;
    const { userId } = principal;
    const reads = database.reads({ userId });
    const [[totp], [codes]] = await Promise.all([
      reads.select().from(totpFactors).where(eq(totpFactors.userId, userId)),
      reads.select({ left: count() }).from(recoveryCodes).where(eq(recoveryCodes.userId, userId)),
    ]);
    return {
      totpSince: totp?.secret ? (totp.confirmedAt?.toISOString() ?? null) : null,
      recoveryCodesLeft: codes?.left ?? 0,
      required: config.requireMfa.includes(principal.role),
      passkeysUnavailable: passkeysUnavailable(config),
    };
  });

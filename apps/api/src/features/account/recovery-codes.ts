import { newRecoveryCodes } from "@muniment/shared/second-factors.ts";
import { noInput } from "@muniment/shared/values.ts";
import { AppError } from "../../errors.ts";
import { lockSelf } from "../../identity/factor-changes.ts";
import { replaceRecoveryCodes } from "../../identity/recovery-codes.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

/** New recovery codes in place of all earlier ones. */
export const recoveryCodes = limited("general")
  .concat(signedIn)
  .concat(permission("account:write"))
  .concat(recentlyAuthenticated)
  .input(noInput)
  .concat(audited("recovery_codes.replaced"))
  .output(newRecoveryCodes)
  .mutation(async ({ ctx: { deps, tx, audit, principal, request } }) => {
    const { userId, email } = principal;
    const { secondFactorAt } = await lockSelf(tx, userId);
    if (!secondFactorAt) throw new AppError("not_found", "There is no second factor to recover.");
    const codes = await replaceRecoveryCodes(tx, userId);
    await audit({ target: { kind: "user", id: userId, label: email } });
    await deps.notify(tx, email, { kind: "recovery_codes_regenerated" }, request);
    return { recoveryCodes: codes };
  });

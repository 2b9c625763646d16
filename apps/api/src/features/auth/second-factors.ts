import type { Tx } from "@muniment/db/database.ts";
import { passkeys, recoveryCodes, totpFactors } from "@muniment/db/schema/second-factors.ts";
import type { SecondFactorMethod } from "@muniment/shared/second-factors.ts";
import { eq } from "drizzle-orm";
import type { Config } from "../../config.ts";
import { passkeysUnavailable } from "../../identity/passkey-site.ts";

/** What a user can prove beside the password, here and now. The scope of `tx` must be theirs. */
export async function readSecondFactors(tx: Tx, config: Pick<Config, "publicUrl">, userId: string) {
  const [totp] = await tx.select().from(totpFactors).where(eq(totpFactors.userId, userId));
  const codes = await tx
    .select({ userId: recoveryCodes.userId })
    .from(recoveryCodes)
    .where(eq(recoveryCodes.userId, userId))
    .limit(1);
  const usable =
    passkeysUnavailable(config) === null
      ? await tx.select().from(passkeys).where(eq(passkeys.userId, userId))
      : [];
  const methods: SecondFactorMethod[] = [];
  if (totp?.secret) methods.push("totp");
  if (usable.length > 0) methods.push("passkey");
  if (codes.length > 0) methods.push("recovery_code");
  return { methods, passkeys: usable };
}

import { Secret, TOTP } from "otpauth";
import type { Client } from "./client.ts";
import { must } from "./harness.ts";

export type TotpApp = {
  secret: string;
  /** The code that the app shows, `stepsAhead` steps of 30 seconds from now. */
  code(stepsAhead?: number): string;
};

/** An authenticator app on a phone whose clock is the test's. */
export function totpApp(secret: string, now: () => Date): TotpApp {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return {
    secret,
    code: (stepsAhead = 0) => totp.generate({ timestamp: now().getTime() + stepsAhead * 30_000 }),
  };
}

/** Sets an authenticator app up; the clock should move on before its next code is used. */
export async function enrollTotp(
  client: Client,
  now: () => Date,
): Promise<{ app: TotpApp; recoveryCodes: string[] }> {
  const { secret } = must(await client.mutate("account.beginTotp"));
  const app = totpApp(secret, now);
  const { recoveryCodes } = must(await client.mutate("account.confirmTotp", { code: app.code() }));
  return { app, recoveryCodes };
}

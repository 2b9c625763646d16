import { createHash } from "node:crypto";
import { email } from "@muniment/shared/accounts.ts";
import type { LimitName } from "@muniment/shared/limits.ts";
import { z } from "zod";
import { toAppError } from "../errors.ts";
import { clientKey } from "../limits/client-key.ts";
import type { Limits } from "../limits/limiter.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";

export const accountKey = (address: string) =>
  createHash("sha256").update(address).digest("base64url").slice(0, 22);

/** The counters of failed attempts for an account from an address, narrowest first. */
export function authCounters(account: string, address: string): [LimitName, string][] {
  const client = clientKey(address);
  return [
    ["auth_account_address", `${accountKey(account)}:${client}`],
    ["auth_address", client],
    ["auth_account", accountKey(account)],
  ];
}

async function refundAll(limits: Limits, counted: [LimitName, string][]) {
  await Promise.all(counted.map(([name, key]) => limits.refund(name, key)));
}

/**
 * Counts an attempt against account and address before the password is looked at, atomically, so
 * that parallel guesses cannot pass. Only wrong passwords stay counted: success gives the attempt
 * back, and an attempt that was itself blocked counts nowhere.
 */
export async function countAttempt<T>(
  ctx: Context,
  account: string,
  attempt: () => Promise<T>,
  isWrong: (result: T) => boolean,
): Promise<T> {
  const { limits } = ctx.deps;
  const counted: [LimitName, string][] = [];
  for (const [name, key] of authCounters(account, ctx.request.address)) {
    const state = await limits.consume(name, key);
    if (!state.allowed) {
      await refundAll(limits, counted);
      refuseOver(ctx, state);
    }
    counted.push([name, key]);
  }
  let wrong = false;
  try {
    const result = await attempt();
    wrong = isWrong(result);
    return result;
  } finally {
    if (!wrong) await refundAll(limits, counted);
  }
}

/** The auth limits for a call whose input names the account by `email`. */
export const authLimited = procedure
  .meta({ authLimit: true })
  .input(z.object({ email }))
  .use(async function limitAttempts({ ctx, next, input }) {
    return countAttempt(
      ctx,
      input.email,
      () => next(),
      (result) => !result.ok && toAppError(result.error).reason === "invalid_credentials",
    );
  });

/** The auth limits for a signed-in user who proves the password again. */
export const authLimitedForSelf = procedure
  .meta({ authLimit: true })
  .use(async function limitOwnAttempts({ ctx, next }) {
    const principal = await ctx.identify();
    const account = principal.kind === "user" ? principal.email : "";
    return countAttempt(
      ctx,
      account,
      () => next(),
      (result) => !result.ok && toAppError(result.error).reason === "invalid_credentials",
    );
  });

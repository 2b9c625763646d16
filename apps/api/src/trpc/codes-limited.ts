import { users } from "@muniment/db/schema/users.ts";
import { secondFactorCode } from "@muniment/shared/second-factors.ts";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { writeAuditEntry } from "../audit/write.ts";
import { toAppError } from "../errors.ts";
import type { UserPrincipal } from "../identity/principal.ts";
import { appCodeIn } from "../identity/second-factor.ts";
import type { Limits } from "../limits/limiter.ts";
import { attemptAt, deviceOf, subjectOf } from "./auth-limited.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";
import type { Attempted } from "./recorded.ts";

const subjectOfCodes = (account: string) => `codes:${subjectOf(account)}`;

/** Where the wrong codes of strangers are counted. */
async function strangersKey(limits: Limits, account: string): Promise<string> {
  const subject = subjectOfCodes(account);
  return `${subject}.${await limits.generation(subject)}`;
}

/** Forgets the wrong codes given for an account. A reset does not: a mailbox is no second factor. */
export const forgetCodes = (limits: Limits, account: string) =>
  limits.renew(subjectOfCodes(account));

/** Whether an account takes no more codes of an app now from devices that it does not know. */
export const areCodesLocked = async (limits: Limits, account: string) =>
  limits.isFull("auth_codes", await strangersKey(limits, account));

/** Tells the owner that somebody has got as far as guessing codes. */
async function tellOwner({ deps }: Context, email: string, seconds: number): Promise<void> {
  await deps.database.transaction({}, async (tx) => {
    const [user] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email));
    if (!user) return;
    await writeAuditEntry(tx, deps.dataKeys, {
      at: deps.now(),
      principal: { kind: "anonymous" },
      action: "account.codes_locked",
      outcome: "success",
      target: { kind: "user", id: user.id, label: email },
      details: { seconds },
    });
    await deps.notify(tx, email, { kind: "codes_locked" });
  });
}

/**
 * The ceiling of a day on wrong codes of an app, for calls that have proved everything else by now. A
 * guess is right with 3 in 10^6, for three codes of six digits are good at any time (RFC 6238, 5.2).
 * At the 100 attempts in 15 minutes that an account takes, whoever has its password would be in within
 * a month, more likely than not; at 20 a day (RFC 4226, 7.3 asks for such a throttle) it is 2 % in a
 * year of daily mails to the owner. Recovery codes and passkeys cannot be guessed, and a device that
 * the account knows has a counter of its own: with these the owner still gets in when it is reached.
 */
export const codesLimited = procedure
  .meta({ codesLimit: true })
  .input(z.object({ code: secondFactorCode.optional() }))
  .use(async function limitCodes({ ctx, next, path, input }) {
    const { attempted, principal, deps } = ctx as Context & {
      attempted: Attempted;
      principal?: Partial<UserPrincipal>;
    };
    const isWrong = ({ ok, error }: { ok: boolean; error?: unknown }) =>
      !ok && toAppError(error).reason === "invalid_credentials";
    if (input.code === undefined || appCodeIn(input.code) === null) {
      const answered = await next();
      if (input.code !== undefined && isWrong(answered)) attempted.isCodeWrong = true;
      return answered;
    }
    const account = principal?.email ?? attempted.email;
    if (account === undefined) throw new Error(`${path}: whose code is it?`);
    const { limits } = deps;
    const device = await deviceOf(ctx, attemptAt(ctx, account));
    const key = `${await strangersKey(limits, account)}${device ? `:${device}` : ""}`;
    const state = await limits.consume("auth_codes", key, { procedure: path });
    refuseOver(ctx, state);
    const result = await next();
    if (!isWrong(result)) {
      await state.giveBack();
      return result;
    }
    attempted.isCodeWrong = true;
    if (state.remaining === 0) await tellOwner(ctx, account, state.resetSeconds);
    return result;
  });

import { createHash } from "node:crypto";
import { email } from "@muniment/shared/email-address.ts";
import type { LimitName } from "@muniment/shared/limits.ts";
import { z } from "zod";
import { toAppError } from "../errors.ts";
import { type AttemptedAccount, findAttempted } from "../identity/find-attempted.ts";
import type { UserPrincipal } from "../identity/principal.ts";
import { clientKey } from "../limits/client-key.ts";
import type { LimitState, Limits } from "../limits/limiter.ts";
import { once } from "../once.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";
import type { Attempted } from "./recorded.ts";

/** Who an attempt is at; what `find` answers is looked up once, when it is first asked for. */
export type Attempt = { email: string; find(): Promise<AttemptedAccount | undefined> };

/** The attempt of a call at the account of an address. */
export const attemptAt = ({ deps, request }: Context, email: string): Attempt => ({
  email,
  find: once(() => findAttempted(deps.database, email, request.deviceTokens)),
});

/** The device of a call that the account knows, as text for a key; null where it knows none. */
export async function deviceOf({ request }: Context, { find }: Attempt): Promise<string | null> {
  // A stranger who may not try is refused without a look.
  if (request.deviceTokens.length === 0) return null;
  const device = (await find())?.device;
  return device ? Buffer.from(device).toString("base64url") : null;
}

/** Names an account in the keys of counters, without its address. */
export const subjectOf = (account: string) =>
  createHash("sha256").update(account).digest("base64url").slice(0, 22);

/**
 * The counters of failed attempts for an account, narrowest first. A device where the account was
 * signed in before has one of its own and none of the others: however many strangers guess, at the
 * account or from the same address, they never shut the owner out of it.
 */
async function authCounters(ctx: Context, attempt: Attempt): Promise<[LimitName, string][]> {
  const { deps, request } = ctx;
  const subject = subjectOf(attempt.email);
  const key = `${subject}.${await deps.limits.generation(subject)}`;
  const device = await deviceOf(ctx, attempt);
  if (device) return [["auth_device", `${key}:${device}`]];
  const client = clientKey(request.address);
  return [
    ["auth_account_address", `${key}:${client}`],
    ["auth_address", client],
    ["auth_account", key],
  ];
}

/** Forgets the failed attempts at an account, from every address. */
export const forgetAttempts = (limits: Limits, account: string) => limits.renew(subjectOf(account));

/** Whether an account takes no more attempts now, from any address. */
export async function isLocked(limits: Limits, account: string): Promise<boolean> {
  const subject = subjectOf(account);
  return limits.isFull("auth_account", `${subject}.${await limits.generation(subject)}`);
}

type Places = { states: LimitState[]; blockedBy?: LimitState; giveBack(): Promise<unknown> };

/** Takes a place in every counter until one is full. */
async function takePlaces(
  limits: Limits,
  counters: [LimitName, string][],
  procedure: string,
): Promise<Places> {
  const states: LimitState[] = [];
  const giveBack = () => Promise.all(states.map((state) => state.giveBack()));
  for (const [name, key] of counters) {
    const state = await limits.consume(name, key, { procedure });
    if (!state.allowed) return { states, blockedBy: state, giveBack };
    states.push(state);
  }
  return { states, giveBack };
}

/** For the owner, who is shown it, and for the log where it was the last attempt that strangers had. */
function noteFailure(ctx: Context, procedure: string, account: string, states: LimitState[]): void {
  const { attempted } = ctx as Context & { attempted: Attempted };
  const isCode = procedure === "auth.verifyMfa" || attempted.isCodeWrong;
  const outcome = isCode ? "wrong_code" : "wrong_password";
  const ceiling = states.find(({ name }) => name.split(":")[0] === "auth_account");
  const lockSeconds = ceiling?.remaining === 0 ? ceiling.resetSeconds : undefined;
  ctx.deps.failedSignIns.note(account, outcome, ctx.request, lockSeconds);
  const signal = isCode ? "code_failed" : "sign_in_failed";
  ctx.deps.sightings.note({ signal, address: ctx.request.address, email: account });
}

/**
 * Counts an attempt against account and address before the password is looked at, atomically, so
 * that parallel guesses cannot pass. Only wrong passwords stay counted: success gives the attempt
 * back, and an attempt that was itself blocked counts nowhere. A blocked one is tried again when
 * one of those that were under way on this node is given back, and refused when none is.
 */
export async function countAttempt<T extends { ok: true } | { ok: false; error: unknown }>(
  ctx: Context,
  procedure: string,
  account: Attempt,
  attempt: () => Promise<T>,
): Promise<T> {
  const { limits } = ctx.deps;
  const counters = await authCounters(ctx, account);
  const keys = counters.map((counter) => counter.join(" "));
  for (;;) {
    // Asked before the places are: an attempt that ends in between may leave its own.
    const anyGivenBack = limits.underWay.now(keys);
    const end = limits.underWay.begin(keys);
    let isGivenBack = false;
    let blockedBy: LimitState | undefined;
    try {
      const places = await takePlaces(limits, counters, procedure);
      blockedBy = places.blockedBy;
      if (!blockedBy) ctx.response.limits.push(...places.states);
      const result = blockedBy ? undefined : await attempt();
      const isWrong =
        result?.ok === false && toAppError(result.error).reason === "invalid_credentials";
      if (isWrong) noteFailure(ctx, procedure, account.email, places.states);
      else await places.giveBack();
      // Not the places of a blocked one: those who wait would wake each other for ever.
      isGivenBack = result !== undefined && !isWrong;
      if (result) return result;
    } finally {
      end(isGivenBack);
    }
    if (blockedBy && !(await anyGivenBack())) refuseOver(ctx, blockedBy);
  }
}

/**
 * The auth limits for a call whose input names the account by `email`; `findAttempted` answers it as it
 * was when it was first looked at.
 */
export const authLimited = procedure
  .meta({ authLimit: true })
  .input(z.object({ email }))
  .use(async function limitAttempts({ ctx, next, path, input }) {
    const { attempted } = ctx as Context & { attempted: Attempted };
    const { email } = input;
    attempted.email = email;
    const account = attemptAt(ctx, email);
    return countAttempt(ctx, path, account, () => next({ ctx: { findAttempted: account.find } }));
  });

/** The auth limits for a signed-in user who proves the password again. */
export const authLimitedForSelf = procedure
  .meta({ authLimit: true })
  .use(async function limitOwnAttempts({ ctx, next, path }) {
    const { principal } = ctx as Context & { principal: UserPrincipal };
    return countAttempt(ctx, path, attemptAt(ctx, principal.email), () => next());
  });

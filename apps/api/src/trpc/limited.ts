import type { LimitName, PrimaryLimit } from "@muniment/shared/limits.ts";
import { AppError } from "../errors.ts";
import { endedSessionCookie } from "../http/cookies.ts";
import type { AnonymousPrincipal, Principal } from "../identity/principal.ts";
import { clientKey } from "../limits/client-key.ts";
import type { LimitState } from "../limits/limiter.ts";
import type { Context } from "./context.ts";
import type { PolicyMeta } from "./init.ts";
import { recorded } from "./recorded.ts";
import { safeCaller } from "./safe-caller.ts";

/** Which rule counts a call of a class, and under which key. */
function counterOf(
  limit: PrimaryLimit,
  principal: Principal,
  address: string,
): { name: LimitName; key: string } {
  if (principal.kind === "anonymous") return { name: "general_address", key: clientKey(address) };
  const isKey = principal.kind === "apiKey";
  if (limit === "ingest" && isKey && principal.origins.length > 0) {
    // Everybody knows such a key: whoever uses it up does so for no address but their own.
    return { name: "publishable_calls", key: `${principal.keyId} ${clientKey(address)}` };
  }
  // What is dear to everybody is counted by person: more keys are not more of it.
  if (limit === "model" || limit === "upload") return { name: limit, key: principal.userId };
  // By itself, so that no key can use up what its owner needs to revoke it.
  const key = isKey ? principal.keyId : principal.userId;
  return { name: limit === "ingest" && isKey ? "ingest_calls" : "general_user", key };
}

/** Refuses when a counter is over its limit; otherwise notes its state for the answer's headers. */
export function refuseOver(ctx: Context, state: LimitState): void {
  ctx.response.limits.push(state);
  if (state.allowed) return;
  throw new AppError("rate_limited", `Too many calls. Try again in ${state.resetSeconds} s.`, {
    retryAfterSeconds: state.resetSeconds,
  });
}

/** Counts a wrong credential, and refuses it where the address has presented too many. */
async function countWrong(
  ctx: Context,
  principal: AnonymousPrincipal,
  procedure: string,
  meta?: PolicyMeta,
) {
  if (principal.refusal === undefined || principal.isLate) return;
  if (ctx.request.bearer === undefined) {
    // A browser sends the cookie of an ended session until it is told to forget it.
    const forget = endedSessionCookie(ctx.deps.config);
    if (!ctx.response.cookies.includes(forget)) ctx.response.cookies.push(forget);
    // Who signs in does not depend on the cookie.
    if (meta?.setsSession) return;
  }
  const client = clientKey(ctx.request.address);
  const bad = await ctx.deps.limits.consume("credentials", client, { procedure });
  if (!bad.allowed) refuseOver(ctx, bad);
}

/** Finds out who calls, and counts the call. @throws AppError `rate_limited` */
export async function countCall(
  ctx: Context,
  limit: PrimaryLimit,
  { path: procedure, meta }: { path: string; meta: PolicyMeta | undefined },
): Promise<Principal> {
  const principal = await ctx.identify();
  const { name, key } = counterOf(limit, principal, ctx.request.address);
  refuseOver(ctx, await ctx.deps.limits.consume(name, key, { procedure }));
  if (principal.kind === "anonymous") await countWrong(ctx, principal, procedure, meta);
  return principal;
}

/** First steps of every procedure: find out who calls, count the call against one class, refuse the unsafe. */
export function limited(limit: PrimaryLimit) {
  const counted = recorded.meta({ limit }).use(async function limitCalls({
    ctx,
    next,
    path,
    meta,
  }) {
    const principal = await countCall(ctx, limit, { path, meta });
    return await next({ ctx: { principal } });
  });
  return counted.concat(safeCaller);
}

import type { AppError } from "../errors.ts";
import type { LimitState } from "../limits/limiter.ts";
import type { ResponseFacts } from "../trpc/context.ts";
import type { Exchange } from "./exchange.ts";

/** The counter with the least left: what a client must mind. */
function tightest(limits: LimitState[]): LimitState | undefined {
  let least = limits[0];
  for (const state of limits) if (least && state.remaining < least.remaining) least = state;
  return least;
}

/** An error as everything but tRPC answers it. */
export const plainError = ({ code, reason, message }: AppError, requestId: string) => ({
  error: { code, reason, message, requestId },
});

/** Cookies and limit headers (draft-ietf-httpapi-ratelimit-headers) of an answer. */
export function setHeaders(
  { headers }: Pick<Exchange, "headers">,
  { cookies, limits }: ResponseFacts,
): void {
  for (const cookie of cookies) headers.push("set-cookie", cookie);
  const state = tightest(limits);
  if (!state) return;
  const { name, rule, remaining, resetSeconds } = state;
  const policy = `"${name}";q=${rule.points};w=${rule.durationSeconds}`;
  headers.push(
    "ratelimit-policy",
    policy,
    "ratelimit",
    `"${name}";r=${remaining};t=${resetSeconds}`,
  );
}

/** Tells when to come back after a 429 or 503. */
export function setRetryAfter({ headers }: Pick<Exchange, "headers">, errors: AppError[]): void {
  const seconds = Math.max(0, ...errors.map((error) => error.retryAfterSeconds ?? 0));
  if (seconds > 0) headers.push("retry-after", String(seconds));
}

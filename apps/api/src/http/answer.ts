import type { AppError } from "../errors.ts";
import type { LimitState } from "../limits/limiter.ts";
import type { ResponseFacts } from "../trpc/context.ts";
import type { Exchange } from "./exchange.ts";

/** The counter with the least left: what a client must mind. */
function tightest(limits: LimitState[]): LimitState | undefined {
  return limits.reduce<LimitState | undefined>(
    (least, state) => (least && least.remaining <= state.remaining ? least : state),
    undefined,
  );
}

/** An error as everything but tRPC answers it. */
export const plainError = ({ code, reason, message }: AppError, requestId: string) => ({
  error: { code, reason, message, requestId },
});

/** Cookies and limit headers (draft-ietf-httpapi-ratelimit-headers) of an answer. */
export function setHeaders({ headers }: Exchange, { cookies, limits }: ResponseFacts): void {
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  const state = tightest(limits);
  if (!state) return;
  const { name, rule, remaining, resetSeconds } = state;
  headers["ratelimit-policy"] = `"${name}";q=${rule.points};w=${rule.durationSeconds}`;
  headers.ratelimit = `"${name}";r=${remaining};t=${resetSeconds}`;
}

/** Tells when to come back after a 429 or 503. */
export function setRetryAfter({ headers }: Exchange, errors: AppError[]): void {
  const seconds = Math.max(0, ...errors.map((error) => error.retryAfterSeconds ?? 0));
  if (seconds > 0) headers["retry-after"] = String(seconds);
}

import { createHash, timingSafeEqual } from "node:crypto";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { clientKey } from "../limits/client-key.ts";
import { refuseOver } from "../trpc/limited.ts";
import { requireSafeCaller } from "../trpc/safe-caller.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { type Route, send, sendJson, setHeader } from "./exchange.ts";
import { createContext } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

const name = "metrics";
const digest = (text: string) => createHash("sha256").update(text).digest();

/**
 * `/metrics` in the text format of Prometheus, for whoever has METRICS_TOKEN; without one there is no such
 * path. A wrong token counts against its address like any other wrong credential.
 */
export function metricsRoutes(deps: Deps): Route[] {
  const { metrics, limits } = deps;
  const { metricsToken } = deps.config;
  if (!metrics || metricsToken === null) return [];
  const expected = digest(metricsToken);
  return [
    {
      method: "GET",
      path: "/metrics",
      async answer(exchange) {
        // Whatever is presented here is METRICS_TOKEN or nothing, and is looked up nowhere.
        const identify = async () => ({ kind: "anonymous" }) as const;
        const ctx = { ...createContext(deps, exchange, false), identify };
        const { bearer, address, hasSeveralCredentials } = ctx.request;
        const isIt = bearer !== undefined && timingSafeEqual(digest(bearer), expected);
        if (isIt && !hasSeveralCredentials) {
          // Not under the guard of the database: while that is away, this is what tells so.
          return send(exchange, 200, metrics.contentType, await metrics.text());
        }
        const outcome = await settle<never>(ctx, name, async () => {
          const key = clientKey(address);
          refuseOver(ctx, await limits.consume("general_address", key, { procedure: name }));
          requireSafeCaller(ctx, { type: "query", meta: undefined });
          if (bearer === undefined) {
            throw new AppError("not_signed_in", "Send METRICS_TOKEN as a bearer token.");
          }
          refuseOver(ctx, await limits.consume("credentials", key, { procedure: name }));
          throw new AppError("invalid_token", "This is not METRICS_TOKEN.");
        });
        setHeaders(exchange, ctx.response);
        if (outcome.ok) return;
        if (outcome.status === 401) setHeader(exchange, "www-authenticate", "Bearer");
        setRetryAfter(exchange, [outcome.error]);
        sendJson(exchange, outcome.status, JSON.stringify(plainError(outcome.error, exchange.id)));
      },
    },
  ];
}

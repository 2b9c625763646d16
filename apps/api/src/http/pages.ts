import { pageOrigin } from "@muniment/shared/api-keys.ts";
import type { Deps } from "../deps.ts";
import { clientKey } from "../limits/client-key.ts";
import { type Exchange, endAnswer, setHeader } from "./exchange.ts";

/** Where pages of others may send to: exactly these, in this spelling. */
const paths = new Set(["/api/v1/events", "/trpc/events.ingest"]);
const exposedHeaders = "ratelimit, ratelimit-policy, retry-after, x-request-id";

/** Whether a page that is none of ours wants to send events, or asks whether it may. */
export function isFromPage(exchange: Exchange, { config }: Deps): boolean {
  const { method, headers } = exchange.request;
  const { origin } = headers;
  if (origin === undefined || !paths.has(exchange.path)) return false;
  if (origin === config.publicUrl.origin || config.corsOrigins.includes(origin)) return false;
  if (method === "OPTIONS") return headers["access-control-request-method"] === "POST";
  return method === "POST";
}

/**
 * Tells a page of a publishable key that it may send events and read the answer; no cookie goes with
 * that, and every other origin gets no CORS header at all. Which key may be used from which origin is
 * decided by the call. Answers whether the request only asked and was answered.
 */
export async function allowPage(exchange: Exchange, deps: Deps): Promise<boolean> {
  const { request, response, headers } = exchange;
  const { origin = "" } = request.headers;
  setHeader(exchange, "vary", "Origin");
  if (!pageOrigin.safeParse(origin).success) return false;
  // Whoever makes up origins is stopped by the limit of their address before they reach the database.
  const mayLookUp = async () => {
    const key = clientKey(exchange.address);
    return (await deps.limits.consume("general_address", key)).allowed;
  };
  const isIn = await deps.health
    .guard(() => deps.pageOrigins.includes(origin, mayLookUp))
    .catch(() => false);
  if (!isIn) return false;
  setHeader(exchange, "cross-origin-resource-policy", "cross-origin");
  headers.push("access-control-allow-origin", origin);
  headers.push("access-control-expose-headers", exposedHeaders);
  if (request.method !== "OPTIONS") return false;
  headers.push("access-control-allow-methods", "POST");
  headers.push("access-control-allow-headers", "authorization, content-type");
  headers.push("access-control-max-age", "600");
  response.writeHead(204, headers);
  endAnswer(response);
  return true;
}

import type { Config } from "../config.ts";
import { type Exchange, endAnswer, setHeader } from "./exchange.ts";

const machinePaths = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * A page opened as `localhost` moves to PUBLIC_URL, the only origin whose cookie works. Answers
 * whether the request was answered by it.
 */
export function leaveLocalhost(
  { request, response, headers }: Exchange,
  { publicUrl, port }: Config,
): boolean {
  if (request.headers.host !== `localhost:${port}` || publicUrl.hostname === "localhost")
    return false;
  const target = request.url ?? "/";
  if (machinePaths.has(target)) return false;
  // Only path and query are the caller's to say: `//host/` and `http://host/` name another origin.
  const place = target.replace(/^https?:\/\/[^/?]*/i, "");
  const location = `${publicUrl.origin}${place.startsWith("/") ? place : `/${place}`}`;
  headers.push("location", location, "content-length", "0");
  response.writeHead(308, headers);
  endAnswer(response);
  return true;
}

const allowedHeaders = "authorization, content-type, last-event-id, trpc-accept";
const exposedHeaders = "ratelimit, ratelimit-policy, retry-after, x-request-id";

/**
 * Tells the exact origins of CORS_ORIGINS that they may read the answer; every other origin gets no
 * CORS header at all. Answers whether the request only asked for that and was answered.
 */
export function allowOrigins(exchange: Exchange, { corsOrigins }: Config): boolean {
  if (corsOrigins.length === 0) return false;
  const { request, response, headers } = exchange;
  headers.push("vary", "Origin");
  const { origin } = request.headers;
  if (origin === undefined || !corsOrigins.includes(origin)) return false;
  setHeader(exchange, "cross-origin-resource-policy", "cross-origin");
  headers.push("access-control-allow-origin", origin);
  headers.push("access-control-allow-credentials", "true");
  headers.push("access-control-expose-headers", exposedHeaders);
  if (request.method !== "OPTIONS") return false;
  headers.push("access-control-allow-methods", "GET, POST");
  headers.push("access-control-allow-headers", allowedHeaders);
  headers.push("access-control-max-age", "600");
  response.writeHead(204, headers);
  endAnswer(response);
  return true;
}

import type { FastifyInstance } from "fastify";
import type { Config } from "../config.ts";

const machinePaths = new Set(["/healthz", "/readyz", "/metrics"]);

/** A page opened as `localhost` moves to PUBLIC_URL, the only origin whose cookie works. */
export function addLoopbackRedirect(app: FastifyInstance, { publicUrl, port }: Config): void {
  if (publicUrl.hostname === "localhost") return;
  const localhost = `localhost:${port}`;
  app.addHook("onRequest", (request, reply, done) => {
    if (request.headers.host !== localhost || machinePaths.has(request.url)) return done();
    // Only path and query are the caller's to say: `//host/` and `http://host/` name another origin.
    const place = request.url.replace(/^https?:\/\/[^/?]*/i, "");
    reply.redirect(`${publicUrl.origin}${place.startsWith("/") ? place : `/${place}`}`, 308);
  });
}

const allowedHeaders = "authorization, content-type, last-event-id, trpc-accept";
const exposedHeaders = "ratelimit, ratelimit-policy, retry-after, x-request-id";

/** Answers the exact origins of CORS_ORIGINS; every other origin gets no CORS header at all. */
export function addCors(app: FastifyInstance, { corsOrigins }: Config): void {
  if (corsOrigins.length === 0) return;
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("vary", "Origin");
    const { origin } = request.headers;
    if (origin === undefined || !corsOrigins.includes(origin)) return done();
    reply.headers({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": exposedHeaders,
      "cross-origin-resource-policy": "cross-origin",
    });
    if (request.method !== "OPTIONS") return done();
    reply
      .headers({
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": allowedHeaders,
        "access-control-max-age": "600",
      })
      .code(204)
      .send();
  });
}

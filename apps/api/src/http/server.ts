import fastify, { type FastifyInstance } from "fastify";
import { v7 as uuidv7 } from "uuid";
import type { Config } from "../config.ts";
import type { Deps } from "../deps.ts";
import { toAppError } from "../errors.ts";
import { plainError } from "./answer.ts";
import { addAuditRoutes } from "./audit-route.ts";
import { addHealthRoutes } from "./health-route.ts";
import { addJwksRoute } from "./jwks-route.ts";
import { addCors, addLoopbackRedirect } from "./origins.ts";
import { addRestRoutes } from "./rest-route.ts";
import { securityHeaders } from "./security-headers.ts";
import { addSpa } from "./spa.ts";
import { addTrpcRoute } from "./trpc-route.ts";
import { answerBadPath, answerNoHttp } from "./unreadable.ts";

/** Trusts the first so many hops, counted from our socket, or the hops within the given ranges. */
function trustOf(trustProxy: Config["trustProxy"]) {
  if (typeof trustProxy !== "number") return trustProxy;
  return (_address: string, hop: number) => hop < trustProxy;
}

/** The HTTP shell: headers, request ids, routes. `webDirectory` holds the built SPA, if any. */
export async function createServer(
  deps: Deps,
  webDirectory: string | null,
): Promise<FastifyInstance> {
  const { config } = deps;
  const headers = securityHeaders(config);
  const app = fastify({
    logger: false,
    trustProxy: trustOf(config.trustProxy),
    genReqId: () => uuidv7(),
    requestTimeout: 30_000,
    // Drained by `close`: idle connections end at once, busy ones after their answer.
    forceCloseConnections: "idle",
    return503OnClosing: true,
    routerOptions: { maxParamLength: 2000 },
    frameworkErrors: answerBadPath(headers),
    clientErrorHandler: answerNoHttp(headers),
  });
  // Bodies are read by the routes themselves, each with its procedure's own limit.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers).header("x-request-id", request.id);
    if (!request.url.startsWith("/assets/")) reply.header("cache-control", "no-store");
  });
  addLoopbackRedirect(app, config);
  addCors(app, config);

  app.setErrorHandler((error, request, reply) => {
    const known = toAppError(error);
    const status =
      error instanceof Error &&
      "statusCode" in error &&
      typeof error.statusCode === "number" &&
      error.statusCode < 500
        ? error.statusCode
        : 500;
    if (status === 500) deps.log.error({ err: error, requestId: request.id }, "request failed");
    return reply.code(status).send(plainError(known, request.id));
  });

  addHealthRoutes(app, deps);
  addJwksRoute(app, deps);
  addTrpcRoute(app, deps);
  addRestRoutes(app, deps);
  addAuditRoutes(app, deps);
  await addSpa(app, webDirectory);
  return app;
}

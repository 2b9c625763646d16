import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import fastify, { type FastifyInstance } from "fastify";
import { v7 as uuidv7 } from "uuid";
import type { Config } from "../config.ts";
import type { Deps } from "../deps.ts";
import { AppError, toAppError } from "../errors.ts";
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

/** What Fastify and its plugins refuse by themselves: a path outside the web root is just not there. */
function knownError(error: unknown): AppError {
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  if (status === 403 || status === 404) return new AppError("not_found", "There is nothing here.");
  if (status >= 400 && status < 500) {
    return new AppError("invalid_input", "The request cannot be read.", { cause: error });
  }
  return toAppError(error);
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

  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(headers).header("x-request-id", request.id);
    const type = request.raw.headers["content-type"];
    // Judged by the routes: Fastify would refuse a malformed one before they have counted the call.
    if (type !== undefined && type !== "application/json")
      request.headers = { "content-type": undefined };
    if (!request.url.startsWith("/assets/")) reply.header("cache-control", "no-store");
    done();
  });
  addLoopbackRedirect(app, config);
  addCors(app, config);

  app.setErrorHandler((error, request, reply) => {
    const known = knownError(error);
    const { id } = request;
    if (known.reason === "internal")
      deps.log.error({ err: error, requestId: id }, "request failed");
    return reply.code(getHTTPStatusCodeFromError(known)).send(plainError(known, id));
  });

  addHealthRoutes(app, deps);
  addJwksRoute(app, deps);
  addTrpcRoute(app, deps);
  addRestRoutes(app, deps);
  addAuditRoutes(app, deps);
  await addSpa(app, webDirectory);
  return app;
}

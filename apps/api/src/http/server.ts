import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import fastify, { type FastifyInstance } from "fastify";
import type { Deps } from "../deps.ts";
import { AppError, toAppError } from "../errors.ts";
import { tellUnexpected } from "../telemetry/unexpected.ts";
import { plainError } from "./answer.ts";
import { answersWith } from "./answer-head.ts";
import { answerDirectly } from "./direct-calls.ts";
import { createFront } from "./front.ts";
import { addHealthRoutes } from "./health-route.ts";
import { ingestRoute } from "./ingest-route.ts";
import { addJwksRoute } from "./jwks-route.ts";
import { allowLongHeads } from "./long-heads.ts";
import { addOpenApiRoute } from "./openapi-route.ts";
import { ownOriginOnly, securityHeaders } from "./security-headers.ts";
import { addSecurityTxtRoute } from "./security-txt-route.ts";
import { addSpa } from "./spa.ts";
import { answerBadPath, answerNoHttp } from "./unreadable.ts";

/** What Fastify and its plugins refuse by themselves: a path outside the web root is just not there. */
function knownError(error: unknown): AppError {
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  if (status === 403 || status === 404) return new AppError("not_found", "There is nothing here.");
  if (status >= 400 && status < 500) {
    return new AppError("invalid_input", "The request cannot be read.", { cause: error });
  }
  return toAppError(error);
}

/**
 * The HTTP server: the API is answered by our own front, the rest by Fastify. `webDirectory` holds
 * the built SPA, if any.
 */
export async function createServer(
  deps: Deps,
  webDirectory: string | null,
): Promise<FastifyInstance> {
  const ids = new WeakMap<IncomingMessage, string>();
  const always = securityHeaders(deps.config);
  const [name, value] = ownOriginOnly;
  /** What the front adds to every answer, for those that do not pass it. */
  const fromFront = {
    [name]: value,
    "cache-control": "no-store",
    ...(deps.config.corsOrigins.length > 0 ? { vary: "Origin" } : {}),
  };
  const http = {
    requestTimeout: 30_000,
    // Else it is looked at twice a minute, and who sends slowly has 60 s.
    connectionsCheckingInterval: 5000,
    keepAliveTimeout: 72_000,
    ServerResponse: answersWith(always),
    // Else the second of two is dropped unseen, such as another credential.
    joinDuplicateHeaders: true,
  };
  const app = fastify({
    logger: false,
    serverFactory(handle) {
      const front = createFront(deps, webDirectory, ({ request, response, id, headers }) => {
        ids.set(request, id);
        for (let at = 0; at < headers.length; at += 2) {
          response.setHeader(headers[at] ?? "", headers[at + 1] ?? "");
        }
        handle(request, response);
      });
      const server = createHttpServer(http, front);
      allowLongHeads(server);
      answerDirectly(server, deps, ingestRoute(deps), { ...always, ...fromFront });
      return server;
    },
    genReqId: (request) => ids.get(request) ?? "",
    // Drained by `close`: idle connections end at once, busy ones after their answer.
    forceCloseConnections: "idle",
    return503OnClosing: true,
    routerOptions: { maxParamLength: 2000 },
    frameworkErrors: answerBadPath,
    clientErrorHandler: answerNoHttp({ ...always, [name]: value }),
  });
  // None of these routes reads a body.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));

  app.setErrorHandler((error, request, reply) => {
    const known = knownError(error);
    const { id } = request;
    if (known.reason === "internal") tellUnexpected(deps, error, { requestId: id });
    return reply.code(getHTTPStatusCodeFromError(known)).send(plainError(known, id));
  });

  addHealthRoutes(app, deps);
  addJwksRoute(app, deps);
  addOpenApiRoute(app, deps);
  addSecurityTxtRoute(app, deps);
  await addSpa(app, webDirectory);
  return app;
}

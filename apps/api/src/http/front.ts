import type { RequestListener } from "node:http";
import { probeInPath } from "../abuse/probes.ts";
import type { Deps } from "../deps.ts";
import { AppError, toAppError } from "../errors.ts";
import { tellUnexpected } from "../telemetry/unexpected.ts";
import { plainError } from "./answer.ts";
import { auditExportRoutes } from "./audit-export-route.ts";
import { auditRoutes } from "./audit-route.ts";
import { tellWhenGone } from "./behind-others.ts";
import { callerAddress } from "./caller-address.ts";
import { eventExportRoutes } from "./event-export-route.ts";
import { type Exchange, mustLeave, type Route, sendJson } from "./exchange.ts";
import { exportRoutes } from "./export-route.ts";
import { importRoutes } from "./import-route.ts";
import { metricsRoutes } from "./metrics-route.ts";
import { allowOrigins, leaveLocalhost } from "./origins.ts";
import { otlpRoutes } from "./otlp-route.ts";
import { allowPage, isFromPage } from "./pages.ts";
import { newRequestId } from "./request-id.ts";
import { restRoutes } from "./rest-route.ts";
import { ownOriginOnly } from "./security-headers.ts";
import { trpcRoutes } from "./trpc-route.ts";
import { uploadRoutes } from "./upload-route.ts";
import { witnessRoutes } from "./witness-route.ts";

function finder(routes: Route[]) {
  const exact = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  const below = routes.flatMap((route) =>
    route.path.endsWith("/*") ? [{ route, start: route.path.slice(0, -1) }] : [],
  );
  return (asked: string, path: string): Route | undefined => {
    const method = asked === "HEAD" ? "GET" : asked;
    for (const { route, start } of below) {
      const fits = route.method === method || route.method === "any";
      if (fits && path.startsWith(start)) return route;
    }
    return exact.get(`${method} ${path}`);
  };
}

/** Answers what a route threw, which it should not. */
function fail(deps: Deps, exchange: Exchange, thrown: unknown): void {
  tellUnexpected(deps, thrown, { requestId: exchange.id });
  if (exchange.response.headersSent) exchange.response.destroy();
  else sendJson(exchange, 500, JSON.stringify(plainError(toAppError(thrown), exchange.id)));
}

/** While the server drains: nothing new is begun, and the connection is not kept. */
function refuse(exchange: Exchange): void {
  const error = new AppError("overloaded", "The server is stopping.");
  exchange.headers.push("connection", "close");
  sendJson(exchange, 503, JSON.stringify(plainError(error, exchange.id)));
}

/**
 * The first to see every request: gives it an id and its answer the headers that it has unless a
 * route says otherwise, and answers the API by itself. `others` gets what is no route of it: files, pages, health.
 */
export function createFront(
  deps: Deps,
  webDirectory: string | null,
  others: (exchange: Exchange) => void,
): RequestListener {
  const { config } = deps;
  const addressOf = callerAddress(config);
  const routeOf = finder([
    ...trpcRoutes(deps),
    ...restRoutes(deps),
    ...otlpRoutes(deps),
    ...exportRoutes(deps),
    ...auditRoutes(deps),
    ...eventExportRoutes(deps),
    ...witnessRoutes(deps),
    ...metricsRoutes(deps),
    ...importRoutes(deps),
    ...uploadRoutes(deps),
    ...auditExportRoutes(deps, webDirectory),
  ]);

  /** Answers what asks for a path of the API by a method that it has not; whether it did. */
  function refuseMethod(exchange: Exchange): boolean {
    const methods = ["GET", "POST"].filter((method) => routeOf(method, exchange.path));
    if (methods.length === 0) return false;
    const error = new AppError("method_not_supported", `Use ${methods.join(" or ")}.`);
    exchange.headers.push("allow", methods.join(", "));
    sendJson(exchange, 405, JSON.stringify(plainError(error, exchange.id)));
    return true;
  }

  function answer(exchange: Exchange): void {
    const route = routeOf(exchange.request.method ?? "", exchange.path);
    if (!route) {
      const probe = probeInPath(exchange.request.url ?? "");
      if (probe) {
        deps.sightings.note({ signal: "probe", address: exchange.address, subject: probe });
      }
      if (refuseMethod(exchange)) return;
      // Who answers these knows no bound: it counts from here, and anew with what is taken.
      mustLeave(exchange.response);
      others(exchange);
    } else if (deps.stopping.aborted) refuse(exchange);
    else {
      exchange.route = route.path;
      route.answer(exchange).catch((thrown: unknown) => fail(deps, exchange, thrown));
    }
  }

  return (request, response) => {
    tellWhenGone(request, response);
    const target = request.url ?? "/";
    const mark = target.indexOf("?");
    const id = newRequestId();
    const exchange: Exchange = {
      request,
      response,
      id,
      address: addressOf(request),
      path: mark < 0 ? target : target.slice(0, mark),
      route: "",
      search: mark < 0 ? "" : target.slice(mark + 1),
      headers: [...ownOriginOnly, "cache-control", "no-store", "x-request-id", id],
    };
    if (leaveLocalhost(exchange, config) || allowOrigins(exchange, config)) return;
    if (!isFromPage(exchange, deps)) return answer(exchange);
    allowPage(exchange, deps)
      .then((isAnswered) => isAnswered || answer(exchange))
      .catch((thrown: unknown) => fail(deps, exchange, thrown));
  };
}

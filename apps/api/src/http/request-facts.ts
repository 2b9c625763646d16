import type { FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import type { Deps } from "../deps.ts";
import type { Principal } from "../identity/principal.ts";
import type { Context, RequestFacts } from "../trpc/context.ts";
import { readSessionToken } from "./cookies.ts";
import { procedures } from "./procedures.ts";

const header = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

function readBearer(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return /^Bearer +(\S+)$/i.exec(value)?.[1] ?? "";
}

function requestFacts(request: FastifyRequest, config: Config, signal: AbortSignal): RequestFacts {
  const { headers } = request;
  return {
    id: request.id,
    address: request.ip,
    userAgent: (headers["user-agent"] ?? "").slice(0, 256),
    origin: header(headers.origin),
    secFetchSite: header(headers["sec-fetch-site"]),
    cookieToken: readSessionToken(headers.cookie, config),
    bearer: readBearer(headers.authorization),
    signal,
  };
}

/**
 * The context of every call in one HTTP request. `isUse` false: the request is not one that its user
 * made, and so does not keep the session from idling.
 */
export function createContext(
  deps: Deps,
  request: FastifyRequest,
  signal: AbortSignal,
  isUse = true,
): Context {
  const facts = requestFacts(request, deps.config, signal);
  let identity: Promise<Principal> | undefined;
  return {
    deps,
    request: facts,
    response: { cookies: [], limits: [] },
    identify() {
      identity ??= deps.identities.identify(facts, isUse);
      return identity;
    },
    policyOf: (path) => procedures.get(path)?.meta,
  };
}

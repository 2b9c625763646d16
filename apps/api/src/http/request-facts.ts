import type { Config } from "../config.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { type Principal, rightsOf } from "../identity/principal.ts";
import type { Context, RequestFacts } from "../trpc/context.ts";
import { readDeviceTokens, readSessionToken } from "./cookies.ts";
import { abortOnClose, type Exchange } from "./exchange.ts";
import { procedures } from "./procedures.ts";

const header = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** What follows `Bearer`; empty when the header says something else. */
export function readBearer(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return /^Bearer +(\S+)$/i.exec(value)?.[1] ?? "";
}

/** Whether the header was sent more than once, which joins them; a comma within one is followed by `name=`. */
export function namesSeveral(authorization = ""): boolean {
  return /, *[\w-]+(?: |$)/.test(authorization);
}

/** A class, because an object with getters of its own takes longer to make than the rest of it. */
class ExchangeFacts implements RequestFacts {
  readonly id: string;
  readonly address: string;
  readonly userAgent: string;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly cookieToken: string | undefined;
  readonly bearer: string | undefined;
  readonly hasSeveralCredentials: boolean;
  readonly #exchange: Exchange;
  readonly #config: Config;
  #signal: AbortSignal | undefined;

  constructor(exchange: Exchange, config: Config) {
    const { headers } = exchange.request;
    this.id = exchange.id;
    this.address = exchange.address;
    this.userAgent = (headers["user-agent"] ?? "").slice(0, 256);
    this.origin = headers.origin;
    this.secFetchSite = header(headers["sec-fetch-site"]);
    this.cookieToken = readSessionToken(headers.cookie, config);
    this.bearer = readBearer(headers.authorization);
    this.hasSeveralCredentials =
      this.bearer !== undefined &&
      (this.cookieToken !== undefined || namesSeveral(headers.authorization));
    this.#exchange = exchange;
    this.#config = config;
  }

  // Few calls ask for these.
  get method() {
    return this.#exchange.request.method ?? "";
  }

  get route() {
    return this.#exchange.route;
  }

  get traceparent() {
    return header(this.#exchange.request.headers.traceparent);
  }

  get deviceTokens() {
    return readDeviceTokens(this.#exchange.request.headers.cookie, this.#config);
  }

  get signal() {
    this.#signal ??= abortOnClose(this.#exchange);
    return this.#signal;
  }
}

/**
 * The context of every call in one HTTP request. `isUse` false: the request is not one that its user
 * made, and so does not keep the session from idling.
 */
export function createContext(deps: Deps, exchange: Exchange, isUse = true): Context {
  return contextOf(deps, new ExchangeFacts(exchange, deps.config), isUse);
}

/** The same of facts that are known already. */
export function contextOf(deps: Deps, facts: RequestFacts, isUse = true): Context {
  let identity: Promise<Principal> | undefined;
  return {
    deps,
    request: facts,
    response: { cookies: [], limits: [] },
    sendingMilliseconds: 0,
    identify() {
      identity ??= deps.identities.identify(facts, isUse);
      return identity;
    },
    policyOf: (path) => procedures.get(path)?.meta,
  };
}

/**
 * Asks again who calls, after a body was read: sending it may have taken as long as the caller liked,
 * and whoever it was then may have been signed out, disabled or given another role (`slow-bodies.test.ts`).
 * @throws AppError `not_signed_in`, or why the credential is no longer accepted
 */
export async function requireSameCaller(ctx: Context): Promise<void> {
  const before = await ctx.identify();
  if (before.kind === "anonymous") return;
  const now = await ctx.deps.identities.identify(ctx.request);
  if (rightsOf(now) === rightsOf(before)) return;
  const reason = (now.kind === "anonymous" && now.refusal) || "not_signed_in";
  throw new AppError(reason, "The credential was revoked while the call was on its way.");
}

import type { Deps } from "../deps.ts";
import type { Principal } from "../identity/principal.ts";
import type { LimitState } from "../limits/limiter.ts";
import type { PolicyMeta } from "./init.ts";

/** Facts of the HTTP request, free of any framework. */
export type RequestFacts = {
  id: string;
  address: string;
  userAgent: string;
  origin: string | undefined;
  secFetchSite: string | undefined;
  cookieToken: string | undefined;
  /** By which a browser is known to accounts that signed in there; grants nothing by itself. */
  deviceTokens: readonly string[];
  bearer: string | undefined;
  /** Whether more than one credential was presented. */
  hasSeveralCredentials: boolean;
  method: string;
  /** The route that answers, as the server knows it: `/trpc/*`. */
  route: string;
  /** Which trace the caller says to be in (https://www.w3.org/TR/trace-context/); whatever it sent. */
  traceparent: string | undefined;
  signal: AbortSignal;
};

/** What the answer carries beside the bodies. */
export type ResponseFacts = {
  cookies: string[];
  limits: LimitState[];
};

export type Context = {
  deps: Deps;
  request: RequestFacts;
  response: ResponseFacts;
  /** How long the caller took to send what was read of the body. */
  sendingMilliseconds: number;
  /** Looks at the presented credential once per HTTP request; never refuses. */
  identify(): Promise<Principal>;
  /** What a procedure states of itself, by its path; absent when there is none. */
  policyOf(path: string): PolicyMeta | undefined;
};

import type { Deps } from "../deps.ts";
import { startOf } from "../json-text.ts";
import type { RequestFacts } from "../trpc/context.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { parseJson, readText } from "./body.ts";
import type { DirectCall, DirectRoute } from "./direct-calls.ts";
import { exactText } from "./exact-text.ts";
import { procedureAt } from "./procedures.ts";
import { contextOf, namesSeveral, readBearer } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

/** Nothing of these calls ends earlier because their caller has gone. */
const never = new AbortController().signal;
const nothing = Buffer.alloc(0);
const path = "/api/v1/events";

/** Of a call that has neither a cookie nor an origin. */
class DirectFacts implements RequestFacts {
  readonly id: string;
  readonly address: string;
  readonly userAgent: string;
  readonly bearer: string | undefined;
  readonly origin = undefined;
  readonly secFetchSite = undefined;
  readonly cookieToken = undefined;
  readonly hasSeveralCredentials: boolean;
  readonly deviceTokens: readonly string[] = [];
  readonly signal = never;
  readonly method = "POST";
  readonly route = path;
  readonly traceparent: string | undefined;

  constructor({ id, address, headers }: DirectCall) {
    this.id = id;
    this.address = address;
    this.userAgent = (headers["user-agent"] ?? "").slice(0, 256);
    this.bearer = readBearer(headers.authorization);
    this.hasSeveralCredentials = namesSeveral(headers.authorization);
    this.traceparent = headers.traceparent;
  }
}

/** `POST /api/v1/events` for calls that arrived as a whole; `rest-route.ts` answers the others the same way. */
export function ingestRoute(deps: Deps): DirectRoute {
  const ingest = procedureAt("events.ingest");
  return {
    path,
    async answer(call) {
      const ctx = contextOf(deps, new DirectFacts(call));
      // All of the body is here, so nobody has become another while it was on its way.
      const readInput = async () => {
        const text = readText(call.body, call.headers["content-type"]);
        // Whoever waits for the answer would hold it until then.
        call.body = nothing;
        const value = parseJson(text);
        return exactText({ value, text, start: startOf(text), refused: undefined });
      };
      const outcome = await settle(ctx, ingest.path, () =>
        ingest.call(ctx, readInput, undefined, 0),
      );
      const headers: string[] = [];
      setHeaders({ headers }, ctx.response);
      if (outcome.ok) return { status: 200, headers, body: JSON.stringify(outcome.data) };
      const { status, error } = outcome;
      setRetryAfter({ headers }, [error]);
      return { status, headers, body: JSON.stringify(plainError(error, call.id)) };
    },
  };
}

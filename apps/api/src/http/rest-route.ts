import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { startOf } from "../json-text.ts";
import type { Context } from "../trpc/context.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { bodyOf, parseJson, readJsonBody } from "./body.ts";
import { exactText } from "./exact-text.ts";
import { type Exchange, type Route, sendJson } from "./exchange.ts";
import { lighten } from "./large-batch.ts";
import { bodyBytesOf, type CallableProcedure, procedureAt } from "./procedures.ts";
import { createContext, requireSameCaller } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

/** Runs one procedure and answers its bare output, or a plain error. */
async function answer(
  exchange: Exchange,
  ctx: Context,
  procedure: CallableProcedure,
  readInput: () => Promise<unknown>,
): Promise<void> {
  const outcome = await settle(ctx, procedure.path, () =>
    procedure.call(ctx, readInput, undefined, 0),
  );
  setHeaders(exchange, ctx.response);
  if (outcome.ok) return sendJson(exchange, 200, JSON.stringify(outcome.data));
  setRetryAfter(exchange, [outcome.error]);
  sendJson(exchange, outcome.status, JSON.stringify(plainError(outcome.error, exchange.id)));
}

const repeatable = new Set(["types", "levels"]);

/** `?types=a,b&limit=10&props=[…]` as the input of `events.search`. */
function searchInput(query: URLSearchParams): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, value] of query) {
    if (name === "__proto__") throw new AppError("invalid_input", "Unrecognized key: __proto__.");
    if (Object.hasOwn(input, name)) throw new AppError("invalid_input", `${name} is named twice.`);
    if (repeatable.has(name)) input[name] = value.split(",");
    else if (name === "limit") input[name] = Number(value);
    else if (name === "props") input[name] = parseJson(value);
    else input[name] = value;
  }
  return input;
}

/** The same procedures for callers without a tRPC client: bare outputs, plain errors. */
export function restRoutes(deps: Deps, ingest = procedureAt("events.ingest")): Route[] {
  const search = procedureAt("events.search");
  return [
    {
      method: "POST",
      path: "/api/v1/events",
      answer(exchange) {
        const ctx = createContext(deps, exchange);
        return answer(exchange, ctx, ingest, async () => {
          const body = await readJsonBody(await bodyOf(exchange, ctx), bodyBytesOf(ingest));
          await requireSameCaller(ctx);
          const { text, refused } = lighten(body, null);
          const value = text === "" ? undefined : parseJson(text);
          const start = startOf(text);
          return exactText({ value, text, start, refused: refused.get(start) });
        });
      },
    },
    {
      method: "GET",
      path: "/api/v1/events",
      answer: (exchange) =>
        answer(exchange, createContext(deps, exchange), search, async () =>
          searchInput(new URLSearchParams(exchange.search)),
        ),
    },
  ];
}

import type { FastifyInstance, FastifyReply } from "fastify";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { startOf } from "../json-text.ts";
import type { Context } from "../trpc/context.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { parseJson, readJsonBody } from "./body.ts";
import { exactText } from "./exact-text.ts";
import { lighten } from "./large-batch.ts";
import { bodyBytesOf, procedureAt } from "./procedures.ts";
import { createContext, requireSameCaller } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

async function answer(
  reply: FastifyReply,
  ctx: Context,
  path: string,
  work: () => Promise<unknown>,
) {
  const outcome = await settle(ctx, path, work);
  setHeaders(reply, ctx.response);
  reply.type("application/json; charset=utf-8");
  if (outcome.ok) return reply.send(JSON.stringify(outcome.data));
  setRetryAfter(reply, [outcome.error]);
  return reply.code(outcome.status).send(JSON.stringify(plainError(outcome.error, ctx.request.id)));
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
export function addRestRoutes(app: FastifyInstance, deps: Deps): void {
  const signal = () => new AbortController().signal;
  app.post("/api/v1/events", async (request, reply) => {
    const ctx = createContext(deps, request, signal());
    const ingest = procedureAt("events.ingest");
    const readInput = async () => {
      const body = await readJsonBody(request.raw, bodyBytesOf(ingest));
      await requireSameCaller(ctx);
      const { text, refused } = lighten(body, null);
      const value = text === "" ? undefined : parseJson(text);
      const start = startOf(text);
      return exactText({ value, text, start, refused: refused.get(start) });
    };
    return answer(reply, ctx, ingest.path, () =>
      ingest.call(ctx, readInput, ctx.request.signal, 0),
    );
  });
  app.get("/api/v1/events", async (request, reply) => {
    const ctx = createContext(deps, request, signal());
    const search = procedureAt("events.search");
    const readInput = async () =>
      searchInput(new URL(request.raw.url ?? "/", "http://localhost").searchParams);
    return answer(reply, ctx, search.path, () =>
      search.call(ctx, readInput, ctx.request.signal, 0),
    );
  });
}

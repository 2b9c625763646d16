import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { startOf } from "../json-text.ts";
import type { Context } from "../trpc/context.ts";
import { setHeaders, setRetryAfter } from "./answer.ts";
import { parseJson, readJsonBody } from "./body.ts";
import { counted } from "./counted.ts";
import { exactText, type Spans, spansOf } from "./exact-text.ts";
import { lighten } from "./large-batch.ts";
import { bodyBytesOf, type CallableProcedure, commonBodyBytes, procedureAt } from "./procedures.ts";
import { createContext, requireSameCaller } from "./request-facts.ts";
import { streamSubscription } from "./subscription.ts";
import { type CallOutcome, settle, toEnvelope } from "./trpc-call.ts";

const maxBatch = 10;

type Parsed = { paths: string[]; isBatch: boolean; search: URLSearchParams };

function parsePath(request: FastifyRequest): Parsed {
  const url = new URL(request.raw.url ?? "/", "http://localhost");
  let path: string;
  try {
    path = decodeURIComponent(url.pathname.slice("/trpc/".length));
  } catch (cause) {
    throw new AppError("unknown_procedure", "There is no such procedure.", { cause });
  }
  const isBatch = url.searchParams.get("batch") === "1";
  const paths = isBatch ? path.split(",", maxBatch + 1) : [path];
  if (paths.length > maxBatch) {
    throw new AppError("batch_too_large", `A batch holds at most ${maxBatch} calls.`);
  }
  return { paths, isBatch, search: url.searchParams };
}

/** The method decides the type of call: a GET can never change anything. */
function requireMethod(method: string, { type }: CallableProcedure): void {
  const fits = method === "POST" ? type === "mutation" : type !== "mutation";
  if (!fits)
    throw new AppError("method_not_supported", `Use ${type === "mutation" ? "POST" : "GET"}.`);
}

/** One input per call: the whole value, or `{"0": …, "1": …}` in a batch. */
function splitInput(value: unknown, { paths, isBatch }: Parsed): unknown[] {
  if (!isBatch) return [value];
  if (value === undefined) return paths.map(() => undefined);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AppError("invalid_json", "A batch's input is an object of inputs by position.");
  }
  const byIndex = value as Record<string, unknown>;
  return paths.map((_, index) => (Object.hasOwn(byIndex, index) ? byIndex[index] : undefined));
}

function findProcedure(
  path: string,
  method: string,
  isBatch: boolean,
): CallableProcedure | AppError {
  try {
    const procedure = procedureAt(path);
    requireMethod(method, procedure);
    if (isBatch && procedure.type === "subscription") {
      throw new AppError("method_not_supported", "A subscription is not part of a batch.");
    }
    return procedure;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

async function readInputs(
  request: FastifyRequest,
  parsed: Parsed,
  found: (CallableProcedure | AppError)[],
): Promise<unknown[]> {
  const known = found.filter(
    (procedure): procedure is CallableProcedure => !(procedure instanceof AppError),
  );
  const body =
    request.method === "POST"
      ? await readJsonBody(request.raw, commonBodyBytes(known))
      : (parsed.search.get("input") ?? "");
  const { text, refused } = known.every(({ meta }) => meta.exactJson)
    ? lighten(body, parsed.isBatch ? found.length : null)
    : { text: body, refused: undefined };
  if (text === "") return splitInput(undefined, parsed);
  const inputs = splitInput(parseJson(text), parsed);
  const spans: Spans = parsed.isBatch ? spansOf(text, found.length) : new Map();
  return found.map((procedure, index) => {
    const input = inputs[index];
    if (procedure instanceof AppError) return input;
    const span = spans.get(String(index));
    const size = span ? Buffer.byteLength(text.slice(span.start, span.end)) : 0;
    if (size > bodyBytesOf(procedure)) {
      return new AppError(
        "body_too_large",
        `The input is larger than ${bodyBytesOf(procedure)} bytes.`,
      );
    }
    if (!procedure.meta.exactJson) return input;
    const start = span?.start ?? startOf(text);
    return exactText({ value: input, text, start, refused: refused?.get(start) });
  });
}

/** Reads the request's inputs once, when the first call of it asks for its own. */
function inputReader(
  ctx: Context,
  request: FastifyRequest,
  parsed: Parsed,
  found: (CallableProcedure | AppError)[],
): (index: number) => Promise<unknown> {
  let inputs: Promise<unknown[]> | undefined;
  return async (index) => {
    inputs ??= readInputs(request, parsed, found);
    const input = (await inputs)[index];
    if (request.method === "POST") await requireSameCaller(ctx);
    if (input instanceof AppError) throw input;
    return input;
  };
}

async function callAll(
  ctx: Context,
  parsed: Parsed,
  found: (CallableProcedure | AppError)[],
  readInput: (index: number) => Promise<unknown>,
): Promise<CallOutcome[]> {
  return Promise.all(
    found.map((procedure, index) =>
      settle(ctx, parsed.paths[index], async () => {
        if (procedure instanceof AppError) throw await counted(ctx, procedure);
        return procedure.call(ctx, () => readInput(index), ctx.request.signal, index);
      }),
    ),
  );
}

function sendAll(reply: FastifyReply, ctx: Context, parsed: Parsed, outcomes: CallOutcome[]) {
  setHeaders(reply, ctx.response);
  const failed = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
  setRetryAfter(reply, failed);
  const statuses = new Set(outcomes.map((outcome) => (outcome.ok ? 200 : outcome.status)));
  const [status] = statuses;
  reply.code(statuses.size === 1 && status ? status : 207);
  const envelopes = outcomes.map((outcome) => toEnvelope(ctx, outcome));
  return reply
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(parsed.isBatch ? envelopes : envelopes[0]));
}

/** Aborts when the client goes away before the answer is complete. */
function abortOnClose(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** tRPC over HTTP: the wire format of the stock adapters, without their cost and with our limits. */
export function addTrpcRoute(app: FastifyInstance, deps: Deps): void {
  app.route({
    method: ["GET", "POST"],
    url: "/trpc/*",
    async handler(request, reply) {
      const ctx = createContext(deps, request, abortOnClose(reply));
      let parsed: Parsed = { paths: [""], isBatch: false, search: new URLSearchParams() };
      try {
        parsed = parsePath(request);
        const found = parsed.paths.map((path) =>
          findProcedure(path, request.method, parsed.isBatch),
        );
        const readInput = inputReader(ctx, request, parsed, found);
        const [first] = found;
        if (
          !parsed.isBatch &&
          first &&
          !(first instanceof AppError) &&
          first.type === "subscription"
        ) {
          // A page opens its streams again by itself for as long as it is open.
          const unused = createContext(deps, request, ctx.request.signal, false);
          return await streamSubscription(request, reply, unused, first, () => readInput(0));
        }
        return sendAll(reply, ctx, parsed, await callAll(ctx, parsed, found, readInput));
      } catch (error) {
        // The request as a whole is wrong: every call of it gets the same answer.
        const outcome = await settle(ctx, undefined, async () => {
          throw await counted(ctx, error);
        });
        return sendAll(reply, ctx, { ...parsed, isBatch: false }, [outcome]);
      }
    },
  });
}

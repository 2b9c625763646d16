import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { startOf } from "../json-text.ts";
import type { Context } from "../trpc/context.ts";
import { setHeaders, setRetryAfter } from "./answer.ts";
import { bodyOf, parseJson, readJsonBody } from "./body.ts";
import { counted } from "./counted.ts";
import { exactText, type Spans, spansOf } from "./exact-text.ts";
import { type Exchange, type Route, sendJson } from "./exchange.ts";
import { lighten } from "./large-batch.ts";
import { readForm } from "./multipart.ts";
import { bodyBytesOf, type CallableProcedure, commonBodyBytes, procedureAt } from "./procedures.ts";
import { createContext, requireSameCaller } from "./request-facts.ts";
import { streamSubscription } from "./subscription.ts";
import { type CallOutcome, settle, toEnvelope } from "./trpc-call.ts";

const maxBatch = 10;

type Parsed = { paths: string[]; isBatch: boolean; query: Pick<URLSearchParams, "get"> };
type Found = CallableProcedure | AppError;

const noQuery: Pick<URLSearchParams, "get"> = new URLSearchParams();

function parsePath({ path: target, search }: Exchange): Parsed {
  let path = target.slice("/trpc/".length);
  try {
    if (path.includes("%")) path = decodeURIComponent(path);
  } catch (cause) {
    throw new AppError("unknown_procedure", "There is no such procedure.", { cause });
  }
  const query = search === "" ? noQuery : new URLSearchParams(search);
  const isBatch = query.get("batch") === "1";
  const paths = isBatch ? path.split(",", maxBatch + 1) : [path];
  if (paths.length > maxBatch) {
    throw new AppError("batch_too_large", `A batch holds at most ${maxBatch} calls.`);
  }
  return { paths, isBatch, query };
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

function findProcedure(path: string, method: string, isBatch: boolean): Found {
  try {
    const procedure = procedureAt(path);
    requireMethod(method, procedure);
    if (isBatch && procedure.type === "subscription") {
      throw new AppError("method_not_supported", "A subscription is not part of a batch.");
    }
    if (isBatch && procedure.meta.multipart) {
      throw new AppError("method_not_supported", "A file is not part of a batch.");
    }
    return procedure;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

async function readInputs(
  ctx: Context,
  exchange: Exchange,
  parsed: Parsed,
  found: Found[],
): Promise<unknown[]> {
  const known = found.filter(
    (procedure): procedure is CallableProcedure => !(procedure instanceof AppError),
  );
  const isBody = exchange.request.method === "POST";
  const body = isBody
    ? await readJsonBody(await bodyOf(exchange, ctx), commonBodyBytes(known))
    : (parsed.query.get("input") ?? "");
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
    // What stands in the head is bounded with it, and told where it is wrong.
    if (isBody && size > bodyBytesOf(procedure)) {
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
  exchange: Exchange,
  parsed: Parsed,
  found: Found[],
): (index: number) => Promise<unknown> {
  const [first] = found;
  const isForm = !(first instanceof AppError) && first?.meta.multipart === true;
  const { maxBytes } = ctx.deps.config.uploads;
  let inputs: Promise<unknown[]> | undefined;
  return async (index) => {
    inputs ??= isForm
      ? bodyOf(exchange, ctx)
          .then((body) => readForm(body, maxBytes))
          .then((form) => [form])
      : readInputs(ctx, exchange, parsed, found);
    const input = (await inputs)[index];
    if (exchange.request.method === "POST") await requireSameCaller(ctx);
    if (input instanceof AppError) throw input;
    return input;
  };
}

function callOne(
  ctx: Context,
  path: string | undefined,
  procedure: Found,
  readInput: (index: number) => Promise<unknown>,
  index: number,
): Promise<CallOutcome> {
  if (procedure instanceof AppError) {
    const refuse = async () => {
      throw await counted(ctx, procedure);
    };
    return settle(ctx, path, refuse, "trpc");
  }
  return settle(ctx, path, () => procedure.call(ctx, () => readInput(index), undefined, index));
}

/** The status of all of them, or 207 where they differ. */
function statusOf(outcomes: CallOutcome[]): number {
  const [status = 200, ...others] = outcomes.map((outcome) => (outcome.ok ? 200 : outcome.status));
  return others.every((other) => other === status) ? status : 207;
}

function sendAll(
  exchange: Exchange,
  ctx: Context,
  isBatch: boolean,
  outcomes: CallOutcome[],
): void {
  setHeaders(exchange, ctx.response);
  const failed = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
  if (failed.length > 0) setRetryAfter(exchange, failed);
  const envelopes = outcomes.map((outcome) => toEnvelope(ctx, outcome));
  const body = JSON.stringify(isBatch ? envelopes : envelopes[0]);
  sendJson(exchange, statusOf(outcomes), body);
}

const isSubscription = (found: Found | undefined): found is CallableProcedure =>
  found !== undefined && !(found instanceof AppError) && found.type === "subscription";

async function answer(deps: Deps, exchange: Exchange): Promise<void> {
  const ctx = createContext(deps, exchange);
  const { request } = exchange;
  const method = request.method === "POST" ? "POST" : "GET";
  try {
    if (method !== request.method && request.method !== "HEAD") {
      throw new AppError("method_not_supported", "Use GET or POST.");
    }
    const parsed = parsePath(exchange);
    const { isBatch } = parsed;
    const found = parsed.paths.map((path) => findProcedure(path, method, isBatch));
    const readInput = inputReader(ctx, exchange, parsed, found);
    const [first] = found;
    if (!isBatch && isSubscription(first)) {
      // A page opens its streams again by itself for as long as it is open.
      const unused = createContext(deps, exchange, false);
      return await streamSubscription(exchange, unused, first, () => readInput(0));
    }
    const callAll = () =>
      Promise.all(
        found.map((procedure, index) =>
          callOne(ctx, parsed.paths[index], procedure, readInput, index),
        ),
      );
    const { telemetry } = deps;
    const tell = (outcomes: CallOutcome[]) => ({ status: statusOf(outcomes) });
    const outcomes =
      isBatch && telemetry ? telemetry.call("batch", ctx.request, callAll, tell) : callAll();
    sendAll(exchange, ctx, isBatch, await outcomes);
  } catch (error) {
    // The request as a whole is wrong: every call of it gets the same answer.
    const outcome = await settle(ctx, undefined, async () => {
      throw await counted(ctx, error);
    });
    sendAll(exchange, ctx, false, [outcome]);
  }
}

/** tRPC over HTTP: the wire format of the stock adapters, without their cost and with our limits. */
export const trpcRoutes = (deps: Deps): Route[] => [
  { method: "any", path: "/trpc/*", answer: (exchange) => answer(deps, exchange) },
];

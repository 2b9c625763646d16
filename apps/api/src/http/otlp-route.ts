import type { Receipt } from "@muniment/shared/events.ts";
import { batchMax } from "@muniment/shared/events.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import {
  type Converted,
  createConverter,
  type Placed,
  readExportRequest,
} from "../otlp/export-request.ts";
import type { Context } from "../trpc/context.ts";
import { setHeaders, setRetryAfter } from "./answer.ts";
import { bodyOf, isJson } from "./body.ts";
import { readCodedBody } from "./coded-body.ts";
import { exactText } from "./exact-text.ts";
import { type Exchange, type Route, sendJson } from "./exchange.ts";
import { bodyBytesOf, type CallableProcedure, procedureAt } from "./procedures.ts";
import { createContext, requireSameCaller } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

/** Codes of gRPC, which OTLP's errors carry beside the status. */
const grpcCodes: Record<number, number> = {
  400: 3,
  401: 16,
  403: 7,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
  504: 4,
};
const unknown = 2;
const toldRefusals = 3;

type Refusals = { count: number; told: string[] };

function refuse(refusals: Refusals, place: number, why: string): void {
  refusals.count += 1;
  if (refusals.told.length < toldRefusals) refusals.told.push(`record ${place}: ${why}`);
}

function requireJson({ headers }: Exchange["request"]): void {
  if (isJson(headers["content-type"])) return;
  throw new AppError(
    "unsupported_content_type",
    "Send OTLP as application/json (encoding: json in the otlphttp exporter of a collector); protobuf is not taken.",
  );
}

/**
 * An input of `events.ingest` that was not sent as text by anybody. Records that cannot be events are
 * among its refused ones, so that all are counted.
 */
function toInput({ events, refused }: Converted): unknown {
  const text = JSON.stringify({ events });
  return exactText({ value: JSON.parse(text), text, start: 0, refused });
}

/**
 * Stores all records by as many calls of `events.ingest` as it takes: each passes its whole chain and
 * is counted by its limits. The body is read by the first, once its caller may send.
 */
async function store(exchange: Exchange, ctx: Context, ingest: CallableProcedure) {
  const refusals: Refusals = { count: 0, told: [] };
  let all: Placed[] | undefined;
  let convert: ReturnType<typeof createConverter> | undefined;
  /** Where the batch under way begins, and where the one after it does. */
  let [first, next] = [0, 0];

  /** The next batch; null after the last. */
  function nextBatch(records: readonly Placed[]): unknown {
    if (!convert || next >= records.length) return null;
    first = next;
    next += batchMax;
    return toInput(convert(records.slice(first, next)));
  }

  async function readFirst(): Promise<unknown> {
    requireJson(exchange.request);
    const text = await readCodedBody(await bodyOf(exchange, ctx), bodyBytesOf(ingest));
    await requireSameCaller(ctx);
    const principal = await ctx.identify();
    convert = createConverter(principal.kind === "apiKey" ? principal.agentId : "");
    all = readExportRequest(text);
    const batch = nextBatch(all);
    if (batch === null) throw new NothingToStore("invalid_input", "There is no log record.");
    return batch;
  }

  async function ingestOne(readInput: () => Promise<unknown>): Promise<void> {
    const { rejected } = (await ingest.call(ctx, readInput, undefined, 0)) as Receipt;
    for (const { index, reason, message } of rejected) {
      refuse(refusals, first + index, `${reason}: ${message}`);
    }
  }

  try {
    await ingestOne(readFirst);
  } catch (error) {
    if (!(error instanceof NothingToStore)) throw error;
  }
  for (let batch = nextBatch(all ?? []); batch !== null; batch = nextBatch(all ?? [])) {
    await ingestOne(async () => batch);
  }
  return refusals;
}

/** Ends the chain of a request without events, which is no error. */
class NothingToStore extends AppError {}

function answerTo({ count, told }: Refusals): object {
  // "MUST leave the partial_success field unset in case of a successful response".
  if (count === 0) return {};
  // An int64 is a string in the JSON form of protobuf.
  const rejectedLogRecords = String(count);
  return { partialSuccess: { rejectedLogRecords, errorMessage: `Refused: ${told.join("; ")}` } };
}

/**
 * OTLP/HTTP logs in JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp), through the procedure
 * that agents send by. What is refused for good is told as a partial success, so that nobody sends it
 * again; 429 and 503 may be tried again as they were, for their records have the same ids.
 */
export function otlpRoutes(deps: Deps): Route[] {
  const ingest = procedureAt("events.ingest");
  return [
    {
      method: "POST",
      path: "/v1/logs",
      async answer(exchange) {
        const ctx = createContext(deps, exchange);
        const outcome = await settle(ctx, ingest.path, () => store(exchange, ctx, ingest));
        setHeaders(exchange, ctx.response);
        if (outcome.ok) {
          return sendJson(exchange, 200, JSON.stringify(answerTo(outcome.data)));
        }
        const { status, error } = outcome;
        setRetryAfter(exchange, [error]);
        const body = { code: grpcCodes[status] ?? unknown, message: error.message };
        sendJson(exchange, status, JSON.stringify(body));
      },
    },
  ];
}

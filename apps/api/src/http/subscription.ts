import type { ServerResponse } from "node:http";
import { isTrackedEnvelope } from "@trpc/server";
import { toAppError } from "../errors.ts";
import { tellUnexpected } from "../telemetry/unexpected.ts";
import type { Context } from "../trpc/context.ts";
import { Framed, frame } from "../trpc/framed.ts";
import { setHeaders, setRetryAfter } from "./answer.ts";
import { type Exchange, endAnswer, sendJson, setHeader } from "./exchange.ts";
import type { CallableProcedure } from "./procedures.ts";
import { settle, toEnvelope } from "./trpc-call.ts";
import { watchCaller } from "./watch-caller.ts";

const pingMilliseconds = 5000;
/** Of one stream; a slower reader gets the rest when it has read, so that many of them stay small. */
const maxUnsentBytes = 16_384;

/** A position that a reconnecting client sends in the header wins over the one in its first input. */
function withLastEventId({ request, search }: Exchange, input: unknown): unknown {
  const header = request.headers["last-event-id"];
  const query = new URLSearchParams(search).get("lastEventId");
  const id = (Array.isArray(header) ? header[0] : header) ?? query;
  if (id === null || id === undefined || id === "") return input;
  // What is not an object is refused as it came.
  if (input !== undefined && (typeof input !== "object" || Array.isArray(input))) return input;
  return { ...input, lastEventId: id };
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    signal.addEventListener("abort", done);
  });
}

const message = (event: string, data: string) => `event: ${event}\ndata: ${data}\n\n`;

function bytesOf(item: unknown): string | Buffer {
  if (item instanceof Framed) return item.bytes;
  if (isTrackedEnvelope(item)) return frame(item[0], item[1]);
  return `data: ${JSON.stringify(item)}\n\n`;
}

/** One subscription as server-sent events, in the wire format of tRPC's own adapter. */
export async function streamSubscription(
  exchange: Exchange,
  ctx: Context,
  procedure: CallableProcedure,
  readInput: () => Promise<unknown>,
): Promise<void> {
  const { response } = exchange;
  const ending = new AbortController();
  const signal = AbortSignal.any([ctx.request.signal, ending.signal]);
  const opened = await settle(ctx, procedure.path, () =>
    procedure.call(ctx, async () => withLastEventId(exchange, await readInput()), signal, 0),
  );
  setHeaders(exchange, ctx.response);
  if (!opened.ok) {
    setRetryAfter(exchange, [opened.error]);
    return sendJson(exchange, opened.status, JSON.stringify(toEnvelope(ctx, opened)));
  }
  const ceaseWatching = await watchCaller(ctx, () => ending.abort());

  setHeader(exchange, "cache-control", "no-cache, no-transform");
  exchange.headers.push("content-type", "text/event-stream", "x-accel-buffering", "no");
  // Ends with its connection: without chunks each write is one, and those of many streams share their bytes.
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, exchange.headers);
  const write = (text: string | Buffer) => response.writable && response.write(text);
  write(message("connected", "{}"));
  const ping = setInterval(() => write(message("ping", "")), pingMilliseconds);
  try {
    for await (const item of opened.data as AsyncIterable<unknown>) {
      if (signal.aborted) break;
      write(bytesOf(item));
      if (response.writableLength > maxUnsentBytes) await drained(response, signal);
    }
    // Ended by us, the client comes back with its position and is identified again.
    if (!signal.aborted) write(message("return", ""));
  } catch (error) {
    const known = toAppError(error);
    if (known.reason === "internal") {
      tellUnexpected(ctx.deps, error, { requestId: exchange.id, procedure: procedure.path });
    }
    const shape = toEnvelope(ctx, { ok: false, error: known, status: 500, path: procedure.path });
    write(message("serialized-error", JSON.stringify((shape as { error: unknown }).error)));
  } finally {
    clearInterval(ping);
    ceaseWatching();
    endAnswer(response);
  }
}

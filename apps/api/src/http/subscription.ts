import { isTrackedEnvelope } from "@trpc/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { toAppError } from "../errors.ts";
import { rightsOf } from "../identity/principal.ts";
import type { Context } from "../trpc/context.ts";
import { setHeaders } from "./answer.ts";
import type { CallableProcedure } from "./procedures.ts";
import { settle, toEnvelope } from "./trpc-call.ts";

const pingMilliseconds = 5000;
const recheckMilliseconds = 1000;
const maxUnsentBytes = 1_048_576;

/** A position that a reconnecting client sends in the header wins over the one in its first input. */
function withLastEventId(request: FastifyRequest, input: unknown): unknown {
  const header = request.headers["last-event-id"];
  const query = new URL(request.raw.url ?? "/", "http://localhost").searchParams.get("lastEventId");
  const id = (Array.isArray(header) ? header[0] : header) ?? query;
  if (id === null || id === undefined || id === "") return input;
  // What is not an object is refused as it came.
  if (input !== undefined && (typeof input !== "object" || Array.isArray(input))) return input;
  return { ...input, lastEventId: id };
}

/** Whether the credential that opened the stream still holds; while the database is away nobody can say. */
async function stillHolds(ctx: Context, rights: string): Promise<boolean> {
  if (!ctx.deps.health.available) return true;
  const principal = await ctx.deps.identities.identify(ctx.request, false).catch(() => null);
  return principal === null || rightsOf(principal) === rights;
}

function drained(reply: FastifyReply, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    reply.raw.once("drain", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

const message = (event: string, data: string) => `event: ${event}\ndata: ${data}\n\n`;

/** One subscription as server-sent events, in the wire format of tRPC's own adapter. */
export async function streamSubscription(
  request: FastifyRequest,
  reply: FastifyReply,
  ctx: Context,
  procedure: CallableProcedure,
  readInput: () => Promise<unknown>,
): Promise<FastifyReply> {
  const ending = new AbortController();
  const signal = AbortSignal.any([ctx.request.signal, ending.signal]);
  const opened = await settle(ctx, procedure.path, () =>
    procedure.call(ctx, async () => withLastEventId(request, await readInput()), signal, 0),
  );
  setHeaders(reply, ctx.response);
  if (!opened.ok) {
    return reply
      .code(opened.status)
      .type("application/json")
      .send(JSON.stringify(toEnvelope(ctx, opened)));
  }
  const rights = rightsOf(await ctx.identify());

  reply.hijack();
  const headers = {
    ...reply.getHeaders(),
    "content-type": "text/event-stream",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  };
  reply.raw.writeHead(200, headers as Record<string, string>);
  const write = (text: string) => reply.raw.writable && reply.raw.write(text);
  write(message("connected", "{}"));
  const ping = setInterval(() => write(message("ping", "")), pingMilliseconds);
  const recheck = setInterval(() => {
    void stillHolds(ctx, rights).then((holds) => {
      if (!holds) ending.abort();
    });
  }, recheckMilliseconds);
  const stopping = () => ending.abort();
  ctx.deps.stopping.addEventListener("abort", stopping);

  try {
    for await (const item of opened.data as AsyncIterable<unknown>) {
      if (signal.aborted) break;
      const text = isTrackedEnvelope(item)
        ? `data: ${JSON.stringify(item[1])}\nid: ${item[0]}\n\n`
        : `data: ${JSON.stringify(item)}\n\n`;
      write(text);
      if (reply.raw.writableLength > maxUnsentBytes) await drained(reply, signal);
    }
    // Ended by us, the client comes back with its position and is identified again.
    if (!signal.aborted) write(message("return", ""));
  } catch (error) {
    const known = toAppError(error);
    const shape = toEnvelope(ctx, { ok: false, error: known, status: 500, path: procedure.path });
    write(message("serialized-error", JSON.stringify((shape as { error: unknown }).error)));
  } finally {
    clearInterval(ping);
    clearInterval(recheck);
    ctx.deps.stopping.removeEventListener("abort", stopping);
    reply.raw.end();
  }
  return reply;
}

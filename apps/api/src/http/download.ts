import { once } from "node:events";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { AppError, toAppError } from "../errors.ts";
import { tellUnexpected } from "../telemetry/unexpected.ts";
import type { Context } from "../trpc/context.ts";
import { plainError } from "./answer.ts";
import { abortOnClose, type Exchange, sendJson } from "./exchange.ts";
import { watchCaller } from "./watch-caller.ts";

/** A reader that takes nothing for so long is let go, and with it what is held for it. */
const stalledMilliseconds = 60_000;
/** What a slow reader takes within that time, at a kilobyte or so a second. */
const sliceBytes = 65_536;

/** @throws AppError `method_not_supported` for a HEAD, which must not use up what can be fetched once */
export function requireGet({ request }: Exchange): void {
  if (request.method !== "GET") throw new AppError("method_not_supported", "Use GET.");
}

/**
 * Sends the file that `write` puts, in small slices and as fast as it is taken, for as long as its caller
 * may have it. A file that was broken off ends with its connection, never as if it were whole; one that is
 * refused before its first byte is answered as a refusal.
 */
export async function download(
  exchange: Exchange,
  ctx: Context,
  file: { type: string; name: string; bytes?: number },
  write: (put: (part: Buffer) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { response, headers } = exchange;
  let hasBegun = false;
  function begin(): void {
    if (hasBegun) return;
    hasBegun = true;
    const { type, name, bytes } = file;
    headers.push("content-type", type);
    // As an attachment of a name of ours, so that no browser shows what is in it as a page.
    headers.push("content-disposition", `attachment; filename="${name}"`);
    if (bytes !== undefined) headers.push("content-length", String(bytes));
    response.writeHead(200, headers);
  }
  const gone = abortOnClose(exchange);
  const end = () => response.destroy();
  const ceaseWatching = await watchCaller(ctx, end);

  async function until(event: "drain" | "finish"): Promise<void> {
    const stalled = setTimeout(end, stalledMilliseconds);
    await once(response, event, { signal: gone }).finally(() => clearTimeout(stalled));
  }
  try {
    await write(async (part) => {
      gone.throwIfAborted();
      if (part.length > 0) begin();
      for (let at = 0; at < part.length; at += sliceBytes) {
        gone.throwIfAborted();
        if (!response.write(part.subarray(at, at + sliceBytes))) await until("drain");
      }
    });
    begin();
    response.end();
    if (!response.writableFinished) await until("finish");
  } catch (error) {
    if (!hasBegun && !gone.aborted && error instanceof AppError) {
      const answer = JSON.stringify(plainError(error, exchange.id));
      return sendJson(exchange, getHTTPStatusCodeFromError(error), answer);
    }
    if (!gone.aborted && toAppError(error).reason === "internal") {
      tellUnexpected(ctx.deps, error, { requestId: exchange.id });
    } else ctx.deps.log.debug({ err: error, requestId: exchange.id }, "a download was broken off");
    response.destroy();
  } finally {
    ceaseWatching();
  }
}

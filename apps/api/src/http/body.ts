import { AppError } from "../errors.ts";
import { clientKey } from "../limits/client-key.ts";
import type { Context } from "../trpc/context.ts";
import { roomFor, type Sender } from "./body-room.ts";
import type { Exchange } from "./exchange.ts";
import { Gathered } from "./gathered.ts";

/** A body that is to be read, and who sends it. */
export type Reading = Pick<Exchange, "request" | "response"> & {
  sender: Sender;
  /** Where it is noted how long that took. */
  noted: Pick<Context, "sendingMilliseconds">;
};

/** The body of a call. */
export async function bodyOf({ request, response }: Exchange, ctx: Context): Promise<Reading> {
  const principal = await ctx.identify();
  const sender =
    principal.kind === "anonymous"
      ? { id: clientKey(ctx.request.address), isUser: false }
      : { id: principal.userId, isUser: true };
  return { request, response, sender, noted: ctx };
}

/**
 * The body's bytes.
 * @throws AppError `body_too_large`, `overloaded` when all bodies under way are too much together,
 *   `invalid_json` when it ends in the middle
 */
export function readBytes(reading: Reading, limit: number): Promise<Buffer> {
  const { request, response, sender, noted } = reading;
  const tooLarge = () => new AppError("body_too_large", `The body is larger than ${limit} bytes.`);
  if (Number(request.headers["content-length"] ?? 0) > limit) return Promise.reject(tooLarge());
  const tooEarly = (cause?: unknown) =>
    new AppError("invalid_json", "The body ended too early.", { cause });
  // Who has gone already sends no event any more.
  if (request.destroyed || response.closed) return Promise.reject(tooEarly());
  const gathered = new Gathered(limit, roomFor(response, sender));
  const from = performance.now();
  return new Promise((resolve, reject) => {
    const stop = () => {
      noted.sendingMilliseconds += performance.now() - from;
      return request.off("data", take).off("end", end).off("error", cut).off("close", cut);
    };
    const take = (chunk: Buffer) => {
      try {
        if (!gathered.add(chunk)) throw tooLarge();
      } catch (refusal) {
        // The rest is let go by: unread it would hold up what else comes on the connection.
        stop().resume();
        reject(refusal);
      }
    };
    const end = () => {
      stop();
      resolve(gathered.bytes);
    };
    const cut = (cause?: Error) => {
      stop();
      reject(tooEarly(cause));
    };
    request.on("data", take).on("end", end).on("error", cut).on("close", cut);
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a JSON request body as text.
 * @throws AppError `body_too_large` as soon as the limit is passed, `overloaded`,
 *   `unsupported_content_type` for anything but plain application/json, `invalid_json` for bytes that
 *   are not UTF-8
 */
export async function readJsonBody(reading: Reading, limit: number): Promise<string> {
  const { headers } = reading.request;
  requireUncoded(headers["content-encoding"]);
  const bytes = await readBytes(reading, limit);
  return readText(bytes, headers["content-type"]);
}

/**
 * Reads the bytes of a JSON body of a type as text.
 * @throws AppError `unsupported_content_type`, `invalid_json` for bytes that are not UTF-8
 */
export function readText(bytes: Buffer, type: string | undefined): string {
  if (bytes.length > 0 || type !== undefined) requireJson(type);
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new AppError("invalid_json", "The body is not UTF-8.", { cause });
  }
}

/** A compressed body could be a thousand times as large as its limit. */
export function requireUncoded(encoding = "identity"): void {
  if (encoding.trim().toLowerCase() === "identity") return;
  throw new AppError("unsupported_content_type", "Send the body without Content-Encoding.");
}

/** Whether a Content-Type is JSON's and nothing else's: one that was sent twice is joined by a comma. */
export function isJson(type = ""): boolean {
  return /^ *application\/json *(?:;[^,]*)?$/i.test(type);
}

/** A cross-origin form cannot send this type without a preflight. */
function requireJson(type: string | undefined): void {
  if (isJson(type)) return;
  throw new AppError("unsupported_content_type", "Send application/json.");
}

/** Parses JSON. @throws AppError `invalid_json` */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_json", "The text is not JSON.", { cause });
  }
}

import type { IncomingMessage } from "node:http";
import { AppError } from "../errors.ts";

const tooLarge = (limit: number) =>
  new AppError("body_too_large", `The body is larger than ${limit} bytes.`);

/**
 * Reads a JSON request body as text.
 * @throws AppError `body_too_large` as soon as the limit is passed, `unsupported_content_type`
 *   for anything but application/json, `invalid_json` for bytes that are not UTF-8
 */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<string> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  if (size === 0) return "";
  requireJson(request);
  const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("invalid_json", "The body is not UTF-8.", { cause });
  }
}

/** A cross-origin form cannot send this type without a preflight. */
function requireJson(request: IncomingMessage): void {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return;
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

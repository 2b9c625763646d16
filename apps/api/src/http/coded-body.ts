import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { AppError } from "../errors.ts";
import { readBytes } from "./body.ts";

const inflate = promisify(gunzip);

/**
 * A request's body as text, unpacked if it came with `Content-Encoding: gzip`. The limit holds for
 * what was sent and for what comes out of it: unpacking stops there.
 * @throws AppError `body_too_large`, `unsupported_content_type`, `invalid_json` for what is not
 *   gzip or not UTF-8
 */
export async function readCodedBody(request: IncomingMessage, limit: number): Promise<string> {
  const coding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (coding !== "identity" && coding !== "gzip") {
    throw new AppError("unsupported_content_type", "Send the body plain or gzipped.");
  }
  const bytes = await readBytes(request, limit);
  const plain = coding === "gzip" ? await unpack(bytes, limit) : bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (cause) {
    throw new AppError("invalid_json", "The body is not UTF-8.", { cause });
  }
}

async function unpack(bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      const message = `The body is larger than ${limit} bytes when unpacked.`;
      throw new AppError("body_too_large", message, { cause });
    }
    throw new AppError("invalid_json", "The body is not gzip.", { cause });
  }
}

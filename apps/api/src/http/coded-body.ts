import { createGunzip } from "node:zlib";
import { AppError } from "../errors.ts";
import { type Reading, readBytes } from "./body.ts";
import { roomFor } from "./body-room.ts";
import { Gathered } from "./gathered.ts";

/**
 * A request's body as text, unpacked if it came with `Content-Encoding: gzip`. The limit holds for
 * what was sent and for what comes out of it: unpacking stops there.
 * @throws AppError `body_too_large`, `overloaded`, `unsupported_content_type`, `invalid_json` for what is not
 *   gzip or not UTF-8
 */
export async function readCodedBody(reading: Reading, limit: number): Promise<string> {
  const coding = (reading.request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (coding !== "identity" && coding !== "gzip") {
    throw new AppError("unsupported_content_type", "Send the body plain or gzipped.");
  }
  const bytes = await readBytes(reading, limit);
  const plain = coding === "gzip" ? await unpack(bytes, limit, reading) : bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (cause) {
    throw new AppError("invalid_json", "The body is not UTF-8.", { cause });
  }
}

async function unpack(bytes: Buffer, limit: number, { response, sender }: Reading) {
  const gunzip = createGunzip();
  const gathered = new Gathered(limit, roomFor(response, sender));
  gunzip.end(bytes);
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      if (gathered.add(piece)) continue;
      const message = `The body is larger than ${limit} bytes when unpacked.`;
      throw new AppError("body_too_large", message);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("invalid_json", "The body is not gzip.", { cause });
  }
  return gathered.bytes;
}

import { createGunzip } from "node:zlib";
import { AppError } from "../errors.ts";
import { type Reading, readBytes } from "./body.ts";
import { roomFor, type TakeRoom } from "./body-room.ts";

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
  const plain = coding === "gzip" ? await unpack(bytes, limit, roomFor(reading.response)) : bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (cause) {
    throw new AppError("invalid_json", "The body is not UTF-8.", { cause });
  }
}

async function unpack(bytes: Buffer, limit: number, takeRoom: TakeRoom): Promise<Buffer> {
  const gunzip = createGunzip();
  const pieces: Buffer[] = [];
  let size = 0;
  gunzip.end(bytes);
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > limit) {
        const message = `The body is larger than ${limit} bytes when unpacked.`;
        throw new AppError("body_too_large", message);
      }
      takeRoom(piece);
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("invalid_json", "The body is not gzip.", { cause });
  }
  return Buffer.concat(pieces, size);
}

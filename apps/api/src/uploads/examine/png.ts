import { crc32 } from "node:zlib";
import { join, part, textAt, viewOf } from "./bytes.ts";
import { requireDrawable } from "./pixels.ts";
import { damaged } from "./refusal.ts";

/** What an image is drawn from. Text, times, EXIF, colour profiles and private chunks are not among it. */
const drawn = new Set(
  "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB cICP sBIT bKGD pHYs acTL fcTL fdAT".split(" "),
);
const signatureLength = 8;
/** The length, the name and the checksum of a chunk. */
const frameLength = 12;

const isCritical = (name: string) => /^[A-Z]/.test(name);

/** A PNG (https://www.w3.org/TR/png-3/) with nothing but the chunks that it is drawn from. */
export function cleanPng(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  const kept = [bytes.subarray(0, signatureLength)];
  let at = signatureLength;
  let hasData = false;
  for (;;) {
    const length = view.getUint32(at);
    const name = textAt(bytes, at + 4, 4);
    const end = at + frameLength + length;
    const chunk = part(bytes, at, end);
    if (crc32(chunk.subarray(4, -4)) !== view.getUint32(end - 4)) damaged();
    if (at === signatureLength) {
      if (name !== "IHDR" || length !== 13) damaged();
      requireDrawable(view.getUint32(at + 8), view.getUint32(at + 12));
    }
    if (drawn.has(name)) kept.push(chunk);
    else if (isCritical(name)) damaged();
    hasData ||= name === "IDAT";
    at = end;
    if (name !== "IEND") continue;
    if (length !== 0 || !hasData || at !== bytes.length) damaged();
    return join(kept);
  }
}

import { join, part, textAt, viewOf } from "./bytes.ts";
import { isRotated, orientationSegment, readOrientation } from "./orientation.ts";
import { requireDrawable } from "./pixels.ts";
import { damaged } from "./refusal.ts";

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;
/** Tables: Huffman, arithmetic, quantization, restart interval. */
const tables = new Set([0xc4, 0xcc, 0xdb, 0xdd]);

const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && !tables.has(marker);
const isApplication = (marker: number) => marker >= 0xe0 && marker <= 0xef;
const isComment = (marker: number) => marker === 0xfe;
const isRestart = (byte: number) => byte >= 0xd0 && byte <= 0xd7;

/** Where the coded data of a scan ends: at the first marker that is none of its own. */
function endOfData(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) damaged();
    const next = bytes[at + 1] ?? damaged();
    if (next === 0xff) at += 1;
    else if (next === 0 || isRestart(next)) at += 2;
    else return at;
  }
}

/** Says how colours are meant, and nothing else: JFIF without a thumbnail, and Adobe's of its own length. */
function isAboutColour(marker: number, segment: Uint8Array): boolean {
  if (marker === 0xe0) return segment.length === 18 && textAt(segment, 4, 5) === "JFIF\0";
  return marker === 0xee && segment.length === 16 && textAt(segment, 4, 5) === "Adobe";
}

type Image = { kept: Uint8Array[]; end: number };

/** Reads one image (ITU-T T.81), keeping what it is drawn from and which side is up. */
function readImage(bytes: Uint8Array, start: number): Image {
  const view = viewOf(bytes);
  if (view.getUint16(start) !== 0xff00 + startOfImage) damaged();
  const kept: Uint8Array[] = [bytes.subarray(start, start + 2)];
  let orientation: number | null = null;
  let hasFrame = false;
  let hasScan = false;
  let at = start + 2;
  for (;;) {
    if (view.getUint8(at) !== 0xff) damaged();
    while (view.getUint8(at + 1) === 0xff) at += 1;
    const marker = view.getUint8(at + 1);
    if (marker === endOfImage) {
      if (!hasScan) damaged();
      kept.push(part(bytes, at, at + 2));
      if (orientation) kept.splice(1, 0, orientationSegment(orientation));
      return { kept, end: at + 2 };
    }
    const end = at + 2 + view.getUint16(at + 2);
    const segment = part(bytes, at, end);
    if (segment.length < 4) damaged();
    if (isFrame(marker)) {
      if (hasFrame) damaged();
      hasFrame = true;
      requireDrawable(view.getUint16(at + 7), view.getUint16(at + 5));
      kept.push(segment);
    } else if (tables.has(marker) || isAboutColour(marker, segment)) kept.push(segment);
    else if (marker === startOfScan) {
      if (!hasFrame) damaged();
      hasScan = true;
      const after = endOfData(bytes, end);
      kept.push(bytes.subarray(at, after));
      at = after;
      continue;
    } else if (isApplication(marker)) {
      const found = marker === 0xe1 ? readOrientation(segment) : null;
      if (found !== null && isRotated(found)) orientation = found;
    } else if (!isComment(marker)) damaged();
    at = end;
  }
}

/**
 * A JPEG without EXIF, XMP, colour profiles, thumbnails and comments. Cameras append further images
 * (previews, gain maps) and zeros: these are left out; anything else behind the image is refused.
 */
export function cleanJpeg(bytes: Uint8Array): Uint8Array {
  const { kept, end } = readImage(bytes, 0);
  let at = end;
  while (at < bytes.length) at = bytes[at] === 0 ? at + 1 : readImage(bytes, at).end;
  return join(kept);
}

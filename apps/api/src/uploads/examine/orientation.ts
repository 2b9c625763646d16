import { textAt } from "./bytes.ts";

const exifMark = "Exif\0\0";
/** The marker, the length and the mark. */
const tiffAt = 10;
const orientationTag = 0x0112;
const shortType = 3;

/** Which side of a photo is up (Exif 3.0, 4.6.5), from its EXIF segment; null where that does not say. */
export function readOrientation(segment: Uint8Array): number | null {
  if (segment.length < tiffAt + 14 || textAt(segment, 4, 6) !== exifMark) return null;
  const view = new DataView(segment.buffer, segment.byteOffset + tiffAt, segment.length - tiffAt);
  const little = view.getUint16(0) === 0x4949;
  const first = view.getUint32(4, little);
  for (let at = first + 2; at + 12 <= view.byteLength; at += 12) {
    if ((at - first - 2) / 12 >= view.getUint16(first, little)) return null;
    const isShort = view.getUint16(at + 2, little) === shortType;
    if (view.getUint16(at, little) === orientationTag && isShort) {
      return view.getUint16(at + 8, little);
    }
  }
  return null;
}

/** One, the upright image, need not be said. */
export const isRotated = (orientation: number) => orientation >= 2 && orientation <= 8;

/** An EXIF segment that says nothing but which side is up. */
export const orientationSegment = (orientation: number) =>
  Uint8Array.from([
    ...[0xff, 0xe1, 0, 34],
    ...Buffer.from(exifMark, "latin1"),
    ...[0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8],
    ...[0, 1, 0x01, 0x12, 0, shortType, 0, 0, 0, 1, 0, orientation, 0, 0],
    ...[0, 0, 0, 0],
  ]);

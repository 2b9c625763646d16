import { join, part, textAt, viewOf } from "./bytes.ts";
import { countFrames, requireDrawable } from "./pixels.ts";
import { damaged } from "./refusal.ts";

/** Flags of `VP8X` for what is taken out: a colour profile, EXIF, XMP. */
const removedFlags = 0x20 | 0x08 | 0x04;
const chunkHeader = 8;

type Chunk = { name: string; at: number; end: number };

/** The chunks between two places, each padded to an even length. */
function* chunksOf(bytes: Uint8Array, from: number, to: number): Generator<Chunk> {
  const view = viewOf(bytes);
  for (let at = from; at < to; ) {
    const size = view.getUint32(at + 4, true);
    const end = at + chunkHeader + size + (size % 2);
    if (end > to) damaged();
    yield { name: textAt(bytes, at, 4), at, end };
    at = end;
  }
}

/** Width and height of a bitstream, from its own header (RFC 9649, RFC 6386). */
function sizeOf(bytes: Uint8Array, { name, at }: Chunk): [number, number] {
  const view = viewOf(bytes);
  const data = at + chunkHeader;
  if (name === "VP8 ") {
    if (textAt(bytes, data + 3, 3) !== "\u009d\u0001*") damaged();
    return [view.getUint16(data + 6, true) & 0x3fff, view.getUint16(data + 8, true) & 0x3fff];
  }
  if (view.getUint8(data) !== 0x2f) damaged();
  const packed = view.getUint32(data + 1, true);
  return [(packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1];
}

const isBitstream = (name: string) => name === "VP8 " || name === "VP8L";

/** A WebP (RFC 9649) without EXIF, XMP, colour profile and chunks that nobody knows. */
export function cleanWebp(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  if (view.getUint32(4, true) + 8 !== bytes.length) damaged();
  const addFrame = countFrames();
  const kept: Uint8Array[] = [];
  let hasImage = false;

  function readBitstream(chunk: Chunk): void {
    addFrame(...sizeOf(bytes, chunk));
    hasImage = true;
  }
  /** A frame of an animation: where it stands, and a bitstream of its own. */
  function readFrame({ at, end }: Chunk): void {
    for (const inner of chunksOf(bytes, at + chunkHeader + 16, end)) {
      if (isBitstream(inner.name)) readBitstream(inner);
      else if (inner.name !== "ALPH") damaged();
    }
  }

  for (const chunk of chunksOf(bytes, 12, bytes.length)) {
    const { name, at, end } = chunk;
    const whole = part(bytes, at, end);
    if (name === "VP8X") {
      const data = Uint8Array.from(whole);
      const [width, height] = [view.getUint32(at + 12, true), view.getUint32(at + 14, true) >>> 8];
      requireDrawable((width & 0xffffff) + 1, height + 1);
      data[chunkHeader] = (data[chunkHeader] ?? 0) & ~removedFlags;
      kept.push(data);
      continue;
    }
    if (isBitstream(name)) readBitstream(chunk);
    else if (name === "ANMF") readFrame(chunk);
    else if (name !== "ANIM" && name !== "ALPH") continue;
    kept.push(whole);
  }
  if (!hasImage) damaged();
  const body = join(kept);
  const header = Uint8Array.from(bytes.subarray(0, 12));
  viewOf(header).setUint32(4, body.length + 4, true);
  return join([header, body]);
}

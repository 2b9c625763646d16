import { join, part, textAt, viewOf } from "./bytes.ts";
import { countFrames } from "./pixels.ts";
import { damaged } from "./refusal.ts";

const imageBlock = 0x2c;
const extensionBlock = 0x21;
const trailer = 0x3b;
const graphicControl = 0xf9;
const application = 0xff;
const comment = 0xfe;
const plainText = 0x01;
/** Says how often an animation is repeated. */
const loops = new Set(["NETSCAPE2.0", "ANIMEXTS1.0"]);

/** The length of a colour table, by the flags that announce it. */
const tableLength = (flags: number) => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1));

/** A GIF89a without comments, captions and the data of applications. */
export function cleanGif(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  const addFrame = countFrames();
  let hasImage = false;

  function endOfBlocks(from: number): number {
    let at = from;
    for (let length = view.getUint8(at); length > 0; length = view.getUint8(at)) at += length + 1;
    return at + 1;
  }
  function isDrawn(kind: number, at: number): boolean {
    if (kind === graphicControl) return true;
    if (kind === application) return loops.has(textAt(bytes, at + 3, 11));
    return kind === comment || kind === plainText ? false : damaged();
  }

  let at = 13 + tableLength(view.getUint8(10));
  const kept = [part(bytes, 0, at)];
  addFrame(view.getUint16(6, true), view.getUint16(8, true));
  for (;;) {
    const block = view.getUint8(at);
    if (block === trailer) {
      if (!hasImage || at + 1 !== bytes.length) damaged();
      kept.push(bytes.subarray(at));
      return join(kept);
    }
    if (block === imageBlock) {
      addFrame(view.getUint16(at + 5, true), view.getUint16(at + 7, true));
      hasImage = true;
      // The table of colours, and a byte that says how long codes are.
      const end = endOfBlocks(at + 10 + tableLength(view.getUint8(at + 9)) + 1);
      kept.push(part(bytes, at, end));
      at = end;
    } else if (block === extensionBlock) {
      const end = endOfBlocks(at + 2);
      const whole = part(bytes, at, end);
      if (isDrawn(view.getUint8(at + 1), at)) kept.push(whole);
      at = end;
    } else damaged();
  }
}

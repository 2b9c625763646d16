import { isUtf8 } from "node:buffer";

/**
 * Longest line that is kept, in bytes. An event's JSON with every character of a full message and
 * full props written as a six-byte escape stays below it.
 */
export const maxLineBytes = 256 * 1024;

/**
 * One line without its ending. `text` is well-formed and free of U+0000; where the file's bytes are
 * not, those places are U+FFFD and `base64` holds the exact bytes.
 */
export type LogLine = { number: number; text: string; base64?: string };
export type LongLine = { number: number; bytes: number };
export type Line = LogLine | LongLine;

/**
 * Cuts chunks of a file into lines (LF or CRLF), holding back at most one line of bounded size.
 * `before` is how many lines of the file were read by others.
 */
export function createLineSplitter(before = 0) {
  let number = before;
  let held: Buffer[] = [];
  let heldBytes = 0;

  function hold(piece: Buffer) {
    heldBytes += piece.length;
    if (heldBytes > maxLineBytes) held = [];
    else if (piece.length > 0) held.push(piece);
  }

  function finish(piece: Buffer): Line {
    hold(piece);
    number += 1;
    const bytes = heldBytes;
    const parts = held;
    held = [];
    heldBytes = 0;
    if (bytes > maxLineBytes) return { number, bytes };
    return decode(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), number);
  }

  return {
    push(chunk: Buffer): Line[] {
      const lines: Line[] = [];
      let start = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        lines.push(finish(chunk.subarray(start, end)));
        start = end + 1;
      }
      hold(chunk.subarray(start));
      return lines;
    },
    /** The last line, if the file does not end with a line ending. */
    end(): Line[] {
      return heldBytes > 0 ? [finish(Buffer.alloc(0))] : [];
    },
  };
}

function decode(bytes: Buffer, number: number): LogLine {
  const start = number === 1 && bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
  const end = bytes.at(-1) === 13 ? bytes.length - 1 : bytes.length;
  const text = bytes.toString("utf8", start, end);
  // Decoding puts U+FFFD where it fails; a line may also hold that character by itself.
  const suspect = text.includes("\ufffd") && !isUtf8(bytes);
  if (!suspect && !text.includes("\0")) return { number, text };
  return {
    number,
    text: text.replaceAll("\0", "\ufffd"),
    base64: bytes.toString("base64", start, end),
  };
}

const byteOrderMark = Buffer.from("\ufeff");

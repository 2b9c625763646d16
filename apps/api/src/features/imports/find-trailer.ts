import { createHash } from "node:crypto";
import { type ExportTrailer, readTrailer } from "@muniment/shared/exports.ts";

const longestTrailer = 200;
const lineFeed = 0x0a;

export type FileFacts = {
  /** Of the whole file. */
  sha256: string;
  /** Where the last line of an export begins; the file's length where it has none. */
  bodyBytes: number;
  /** The last line, and whether its digest is that of all bytes before it. */
  trailer: (ExportTrailer & { fits: boolean }) | null;
};

/** Reads a file once, piece by piece, for its digest and the last line of an export. */
export function findTrailer() {
  const whole = createHash("sha256");
  const body = createHash("sha256");
  let bodyBytes = 0;
  /** The last line so far, unless it is too long for a trailer: then the rest of it. */
  let last = Buffer.alloc(0);
  let isRest = false;

  function toBody(bytes: Buffer) {
    body.update(bytes);
    bodyBytes += bytes.length;
  }

  return {
    push(chunk: Buffer): void {
      whole.update(chunk);
      const bytes = Buffer.concat([last, chunk]);
      // The end of a line does not make the next one the last, before something is in it.
      const start = bytes.length < 2 ? 0 : bytes.lastIndexOf(lineFeed, bytes.length - 2) + 1;
      if (start > 0) isRest = false;
      toBody(bytes.subarray(0, start));
      last = Buffer.from(bytes.subarray(start));
      if (last.length <= longestTrailer) return;
      toBody(last);
      last = Buffer.alloc(0);
      isRest = true;
    },
    end(): FileFacts {
      const line = isRest ? "" : last.toString("utf8");
      const read = line.endsWith("\n") ? readTrailer(line.slice(0, -1)) : null;
      if (!read) toBody(last);
      const digest = body.digest("hex");
      const trailer = read && { ...read, fits: digest === read.sha256 };
      return { sha256: whole.digest("hex"), bodyBytes, trailer };
    },
  };
}

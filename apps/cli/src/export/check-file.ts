import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { type ExportTrailer, readTrailer } from "@muniment/shared/exports.ts";

const longestTrailer = 200;

/** The trailer of an exported file, when the file is what it says; null when it was cut off or altered. */
export async function checkFile(path: string): Promise<ExportTrailer | null> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - longestTrailer);
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - start),
      0,
      size - start,
      start,
    );
    const end = buffer.subarray(0, bytesRead).toString("utf8");
    if (!end.endsWith("\n")) return null;
    const last = end.slice(0, -1).split("\n").at(-1) ?? "";
    const trailer = readTrailer(last);
    const length = size - Buffer.byteLength(last) - 1;
    if (!trailer || length < 0) return null;
    const hash = createHash("sha256");
    if (length > 0) {
      const stream = file.createReadStream({ start: 0, end: length - 1, autoClose: false });
      for await (const chunk of stream) hash.update(chunk as Buffer);
    }
    return hash.digest("hex") === trailer.sha256 ? trailer : null;
  } finally {
    await file.close();
  }
}

import { startsWith } from "./bytes.ts";
import { damaged, refuse } from "./refusal.ts";

const endMark = "%%EOF";
const zipEnd = Buffer.from("PK\u0005\u0006", "latin1");
/** The end record of a ZIP archive, less its comment. */
const zipEndLength = 22;

/** Whether the file is a ZIP archive, too: those are read from their end, whatever stands before. */
function isAlsoZip(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(zipEnd); at >= 0; at = bytes.indexOf(zipEnd, at + 1)) {
    const fits = at + zipEndLength <= bytes.length;
    if (fits && at + zipEndLength + bytes.readUInt16LE(at + 20) === bytes.length) return true;
  }
  return false;
}

/** A PDF is kept as it is; it must begin and end as one, and be nothing else besides. */
export function checkPdf(bytes: Uint8Array): Uint8Array {
  if (!startsWith(bytes, "%PDF-")) damaged();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const tail = buffer.subarray(-64).toString("latin1");
  if (!tail.replace(/[\s\0]+$/, "").endsWith(endMark)) damaged();
  if (isAlsoZip(buffer)) refuse("The file is a PDF and a ZIP archive in one.");
  return bytes;
}

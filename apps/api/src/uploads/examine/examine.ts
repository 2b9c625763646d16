import { type UploadType, uploadTypes } from "@muniment/shared/uploads.ts";
import { fileTypeFromBuffer } from "file-type";
import { cleanGif } from "./gif.ts";
import { cleanJpeg } from "./jpeg.ts";
import { checkPdf } from "./pdf.ts";
import { textType } from "./plain-text.ts";
import { cleanPng } from "./png.ts";
import { damaged, FileRefusal, refuse } from "./refusal.ts";
import { cleanWebp } from "./webp.ts";

/** What a file is, and what is kept of it. */
export type Examined = { type: UploadType; bytes: Uint8Array };

const readers: Readonly<
  Record<string, { type: UploadType; read: (bytes: Uint8Array) => Uint8Array }>
> = {
  "image/png": { type: "image/png", read: cleanPng },
  "image/apng": { type: "image/png", read: cleanPng },
  "image/jpeg": { type: "image/jpeg", read: cleanJpeg },
  "image/gif": { type: "image/gif", read: cleanGif },
  "image/webp": { type: "image/webp", read: cleanWebp },
  "application/pdf": { type: "application/pdf", read: checkPdf },
};

/** The bytes to keep; what a parser runs into is damage, not a fault of the server's. */
function readWhole(read: (bytes: Uint8Array) => Uint8Array, bytes: Uint8Array): Uint8Array {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof FileRefusal || !(error instanceof RangeError)) throw error;
    return damaged();
  }
}

function requireExtension(type: UploadType, extension: string | null): void {
  const agreeing: readonly string[] = uploadTypes[type];
  if (extension === null || agreeing.includes(extension)) return;
  refuse(`The name ends in .${extension}, but the content is ${type}.`, "file_type_not_allowed");
}

/**
 * Says by its content what a file is, and takes out of images what they are not drawn from.
 * @throws FileRefusal for what is not on the list, is damaged, or is something else besides
 */
export async function examine(bytes: Uint8Array, extension: string | null): Promise<Examined> {
  if (bytes.length === 0) refuse("The file is empty.");
  const found = await fileTypeFromBuffer(bytes);
  const reader = found && readers[found.mime];
  if (reader) {
    requireExtension(reader.type, extension);
    return { type: reader.type, bytes: readWhole(reader.read, bytes) };
  }
  const type = found ? null : textType(bytes, extension);
  if (!type) {
    const what = found ? `is ${found.mime}` : "is of no known kind, or no UTF-8 text";
    return refuse(`The content ${what}; such files are not taken.`, "file_type_not_allowed");
  }
  requireExtension(type, extension);
  return { type, bytes };
}

import type { UploadType } from "@muniment/shared/uploads.ts";
import { isJson } from "./json-syntax.ts";
import { refuse } from "./refusal.ts";

/** All control characters but tab, line feed and carriage return: they steer terminals, and text has none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
/** What browsers take for a page or a drawing when they guess. */
const markup =
  /^\ufeff?\s*<(?:\?xml|!|html|head|body|svg|script|style|iframe|a\b|div|table|title)/i;

function requireJson(text: string, what: string): void {
  if (!isJson(text)) refuse(`${what} is not JSON.`);
}

const byExtension: Readonly<Record<string, UploadType>> = {
  csv: "text/csv",
  json: "application/json",
  ndjson: "application/x-ndjson",
  jsonl: "application/x-ndjson",
};

/** The kind of a text, which only its name can tell; null where the bytes are no text at all. */
export function textType(bytes: Uint8Array, extension: string | null): UploadType | null {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
  if (control.test(text)) return null;
  if (markup.test(text)) {
    refuse(
      "The content is markup (HTML, SVG or XML), which is not taken.",
      "file_type_not_allowed",
    );
  }
  const type = byExtension[extension ?? ""] ?? "text/plain";
  if (type === "application/json") requireJson(text, "The content");
  // One line tells what the file is; each line of a large one would take its time.
  if (type === "application/x-ndjson") requireJson(/\S.*/.exec(text)?.[0] ?? "", "The first line");
  return type;
}

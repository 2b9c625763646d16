import { Busboy } from "@fastify/busboy";
import { AppError } from "../errors.ts";
import { type Reading, readBytes, requireUncoded } from "./body.ts";

/** What stands around a file: boundaries, headers and the other fields. */
const frameBytes = 16_384;
const limits = { files: 1, fields: 4, parts: 5, fieldNameSize: 50, fieldSize: 1000 };

type Form = Record<string, unknown>;

const malformed = (why: string, cause?: unknown) =>
  new AppError("upload_malformed", why, { cause });

/** The boundary that a request names (RFC 2046, 5.1.1). @throws AppError `unsupported_content_type` */
function boundaryOf(type = ""): string {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*$/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary !== undefined) return boundary;
  throw new AppError("unsupported_content_type", "Send multipart/form-data with one file.");
}

/** A form ends with its last boundary: what was cut off does not, nor what carries more behind it. */
function requireWhole(body: Buffer, boundary: string): void {
  const end = body.subarray(-boundary.length - 8).toString("latin1");
  if (!end.replace(/(?:\r\n)?$/, "").endsWith(`\r\n--${boundary}--`)) {
    throw malformed("The form ended too early.");
  }
}

/** The fields of a form in memory, each at most once; the file as its name and bytes. */
function parse(body: Buffer, type: string, maxBytes: number): Promise<Form> {
  return new Promise((resolve, reject) => {
    const form: Form = Object.create(null);
    const parser = new Busboy({
      headers: { "content-type": type },
      preservePath: true,
      isPartAFile: (field) => field === "file",
      limits: { ...limits, fileSize: maxBytes + 1 },
    });
    const take = (name: string, value: unknown) => {
      if (name in form) reject(malformed(`The field ${name} stands twice.`));
      form[name] = value;
    };
    const tooMany = () => reject(malformed("The form has too many parts."));
    parser.on("file", (field, stream, name) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", (cause) => reject(malformed("The form cannot be read.", cause)));
      stream.on("end", () => {
        const bytes = Buffer.concat(chunks);
        if (bytes.length > maxBytes) {
          reject(new AppError("body_too_large", `The file is larger than ${maxBytes} bytes.`));
        }
        take(field, { name, bytes });
      });
    });
    parser.on("field", (name, value, isNameCut, isValueCut) => {
      if (isNameCut || isValueCut) reject(malformed("A field of the form is too long."));
      take(name, value);
    });
    parser.on("partsLimit", tooMany).on("filesLimit", tooMany).on("fieldsLimit", tooMany);
    parser.on("error", (cause) => reject(malformed("The form cannot be read.", cause)));
    parser.on("finish", () => resolve({ ...form }));
    parser.end(body);
  });
}

/**
 * Reads a form with one file, at most `maxBytes` long, in memory: nothing of it touches a disk.
 * @throws AppError `unsupported_content_type`, `body_too_large`, `overloaded`, `upload_malformed`
 */
export async function readForm(reading: Reading, maxBytes: number): Promise<Form> {
  const { request } = reading;
  const type = request.headers["content-type"];
  const boundary = boundaryOf(type);
  requireUncoded(request.headers["content-encoding"]);
  const body = await readBytes(reading, maxBytes + frameBytes).catch((error: unknown) => {
    const isCut = error instanceof AppError && error.reason === "invalid_json";
    throw isCut ? malformed("The form ended too early.", error) : error;
  });
  requireWhole(body, boundary);
  return parse(body, type ?? "", maxBytes);
}

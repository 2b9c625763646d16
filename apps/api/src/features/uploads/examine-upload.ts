import { createHash } from "node:crypto";
import type { Upload } from "@muniment/shared/uploads.ts";
import { extensionOf } from "@muniment/shared/uploads.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";

/** A file that may be kept. */
export type Accepted = {
  bytes: Uint8Array;
  type: Upload["type"];
  sha256: Buffer;
  sentSha256: Buffer;
  scanned: boolean;
};

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

const isVerdict = (error: unknown): error is AppError =>
  error instanceof AppError &&
  ["file_type_not_allowed", "file_refused", "malware_found"].includes(error.reason);

/**
 * Says what a file is and lets the scanner see it as it was sent. Answers the error of a verdict on
 * the file itself, which is entered in the audit log; throws when there can be none now.
 */
export async function examineUpload(
  { inspector, scanner }: Pick<Deps, "inspector" | "scanner">,
  file: { name: string; bytes: Uint8Array },
): Promise<Accepted | AppError> {
  try {
    const extension = extensionOf(file.name);
    const { type, bytes } = await inspector.inspect({ bytes: file.bytes, extension });
    await scanner?.scan(file.bytes);
    const [sha256, sentSha256] = [digest(bytes), digest(file.bytes)];
    return { bytes, type, sha256, sentSha256, scanned: scanner !== null };
  } catch (error) {
    if (isVerdict(error)) return error;
    throw error;
  }
}

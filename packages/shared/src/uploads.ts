import { z } from "zod";
import { fileName, page, pageInput, timestamp, uuid } from "./values.ts";

/** What may be uploaded, by its content, with the extensions that agree with it; the first is the server's own. */
export const uploadTypes = {
  "image/png": ["png"],
  "image/jpeg": ["jpg", "jpeg"],
  "image/gif": ["gif"],
  "image/webp": ["webp"],
  "application/pdf": ["pdf"],
  "text/plain": ["txt", "log"],
  "text/csv": ["csv"],
  "application/json": ["json"],
  "application/x-ndjson": ["ndjson", "jsonl"],
} as const satisfies Record<string, readonly [string, ...string[]]>;
export type UploadType = keyof typeof uploadTypes;

export const uploadTypeNames = Object.keys(uploadTypes) as [UploadType, ...UploadType[]];

const longestName = 200;

const uploadName = fileName(longestName);

/** The extension of a name in lower case; null where there is none. */
export const extensionOf = (name: string): string | null =>
  /[^.]\.([A-Za-z0-9]{1,10})$/.exec(name)?.[1]?.toLowerCase() ?? null;

/** The parts of the form: one file, and what it is for. */
export const createUploadInput = z.strictObject({
  file: z.strictObject({ name: uploadName, bytes: z.instanceof(Uint8Array) }),
  /** An event of the caller's, beside which the file is kept for as long as the event is. */
  eventId: uuid.optional(),
  /** Instead of the name that came with the file. */
  name: uploadName.optional(),
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const upload = z.strictObject({
  id: uuid,
  name: z.string(),
  type: z.enum(uploadTypeNames),
  /** Of what is kept, which is what a download gives. */
  bytes: z.number().int(),
  sha256,
  /** Of what was sent: another than `sha256` where metadata was taken out of an image. */
  sentSha256: sha256,
  eventId: uuid.nullable(),
  /** Whether a virus scanner has seen it. */
  scanned: z.boolean(),
  createdAt: timestamp,
});
export type Upload = z.infer<typeof upload>;

export const uploadPage = page(upload);
export const uploadIdInput = z.strictObject({ id: uuid });
export const listUploadsInput = z
  .strictObject({ eventId: uuid.optional(), ...pageInput })
  .optional();

/** How much the caller keeps, and how much they may. */
export const uploadQuota = z.strictObject({
  files: z.number().int(),
  usedBytes: z.number().int(),
  quotaBytes: z.number().int(),
  maxFileBytes: z.number().int(),
  /** Whether every file is looked at by a virus scanner. */
  scanned: z.boolean(),
});
export type UploadQuota = z.infer<typeof uploadQuota>;

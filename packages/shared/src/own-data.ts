import { z } from "zod";
import { currentPassword, role } from "./accounts.ts";
import { page, pageInput, timestamp, uuid } from "./values.ts";

/** Something that somebody else did with an account or its data, as the account's owner is shown it. */
export const access = z.strictObject({
  id: uuid,
  at: timestamp,
  /** What was done, as the audit log has it; `data.read` where it was only looked at. */
  action: z.string(),
  /** Where it was looked at. */
  procedure: z.string().nullable(),
  /** How often within the minute. */
  count: z.number().int().min(1),
  /** Whether the answer was about so many that anybody with an account then may have been among them. */
  everyone: z.boolean(),
  /** The system: the server by itself, or its operator by a command on its machine. */
  actor: z.enum(["user", "system"]),
  /** Which user it was; null where that account is gone, and of the system. */
  by: z.strictObject({ displayName: z.string(), role }).nullable(),
});
export type Access = z.infer<typeof access>;

export const listAccessesInput = z.strictObject(pageInput).optional();
export const accessPage = page(access);

/** The longest time of grace. */
export const maxGraceSeconds = 30 * 86_400;

/** `graceSeconds` is how long the erasure can be taken back; none where it is left out. */
export const eraseInput = z.strictObject({
  password: currentPassword,
  graceSeconds: z.number().int().min(0).max(maxGraceSeconds).default(0),
});

/** `id` names the certificate, which anybody who knows it may fetch; `certificate` is a signed note. */
export const eraseResult = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("erased"), id: uuid, certificate: z.string() }),
  z.strictObject({ status: z.literal("scheduled"), id: uuid, eraseAt: timestamp }),
]);
export type EraseResult = z.infer<typeof eraseResult>;

/** Both null where no erasure was asked for. */
export const erasureState = z.strictObject({
  eraseAt: timestamp.nullable(),
  id: uuid.nullable(),
});

export const certificateIdInput = z.strictObject({ id: uuid });
export const certificateResult = z.strictObject({
  id: uuid,
  erasedAt: timestamp,
  /** When nothing was left in the database's files; null while the certificate does not say so yet. */
  cleanedAt: timestamp.nullable(),
  /** A signed note, see `openCertificate` of packages/verify. */
  note: z.string(),
  verifierKeys: z.array(z.string()),
});
export type CertificateResult = z.infer<typeof certificateResult>;

/** What an administrator's erasure of a user answers. */
export const erasedUser = z.strictObject({ id: uuid, erasureId: uuid });

/** A copy of all one's data. It can be downloaded while it is `ready`, until it expires. */
export const ownExport = z.strictObject({
  id: uuid,
  status: z.enum(["running", "ready", "failed"]),
  requestedAt: timestamp,
  expiresAt: timestamp,
  rowsDone: z.number().int().min(0),
  rowsTotal: z.number().int().min(0),
  sizeBytes: z.number().int().min(0),
});
export type OwnExport = z.infer<typeof ownExport>;
export const listExportsInput = z.strictObject(pageInput).optional();
export const exportPage = page(ownExport);
export const exportIdInput = z.strictObject({ id: uuid });
/** `path` is to be opened in the same browser. */
export const exportLink = z.strictObject({ path: z.string(), expiresAt: timestamp });

export const processingRecord = z.strictObject({
  tables: z.array(
    z.strictObject({
      table: z.string(),
      purpose: z.string(),
      basis: z.string(),
      retention: z.string(),
      personal: z.boolean(),
      columns: z.array(
        z.strictObject({ name: z.string(), purpose: z.string(), withheld: z.string().nullable() }),
      ),
    }),
  ),
});

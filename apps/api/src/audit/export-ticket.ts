import { type AuditExportFormat, auditExportInput } from "@muniment/shared/audit-log.ts";
import { decodeCursor } from "../cursor.ts";
import { AppError } from "../errors.ts";

/** Where exports of the log are fetched from; a ticket follows. */
export const auditExportPath = "/audit-exports/";
export const ticketSeconds = 60;

/** A ticket is good for the user whom it was given to, and nobody else. */
export const ticketPlace = (userId: string) => `audit-export:${userId}`;

export type Ticket = { format: AuditExportFormat; from: number; to: number };

/** @throws AppError `not_found` where it was not made for the user, or too long ago */
export function readTicket(secret: Buffer, userId: string, text: string, now: Date): Ticket {
  const gone = (cause?: unknown) =>
    new AppError("not_found", "There is nothing here, or not any more.", { cause });
  let position: string[];
  try {
    position = decodeCursor(secret, ticketPlace(userId), text);
  } catch (cause) {
    throw gone(cause);
  }
  const [format, from, to, expiresAt = ""] = position;
  if (!(now.getTime() < Date.parse(expiresAt))) throw gone();
  const read = auditExportInput
    .required()
    .safeParse({ format, from: Number(from), to: Number(to) });
  if (!read.success) throw gone(read.error);
  return read.data;
}

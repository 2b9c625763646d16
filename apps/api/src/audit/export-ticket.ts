import type { Database } from "@muniment/db/database.ts";
import { type AuditExportFormat, auditExportInput } from "@muniment/shared/audit-log.ts";
import { decodeCursor } from "../cursor.ts";
import { AppError } from "../errors.ts";
import { spendChallenge } from "../identity/challenges.ts";

/** Where exports of the log are fetched from; a ticket follows. */
export const auditExportPath = "/audit-exports/";
export const ticketSeconds = 60;

/** A ticket is good for the user whom it was given to, and nobody else. */
export const ticketPlace = (userId: string) => `audit-export:${userId}`;

export type Ticket = {
  format: AuditExportFormat;
  from: number;
  to: number;
  /** The challenge that is spent when the download begins. */
  challenge: string;
};

const gone = (cause?: unknown) =>
  new AppError("not_found", "There is nothing here, or not any more.", { cause });

/** @throws AppError `not_found` where it was not made for the user, or too long ago */
export function readTicket(
  secret: readonly Buffer[],
  userId: string,
  text: string,
  now: Date,
): Ticket {
  let position: string[];
  try {
    position = decodeCursor(secret, ticketPlace(userId), text);
  } catch (cause) {
    throw gone(cause);
  }
  const [format, from, to, expiresAt = "", challenge = ""] = position;
  if (!(now.getTime() < Date.parse(expiresAt))) throw gone();
  const read = auditExportInput
    .required()
    .safeParse({ format, from: Number(from), to: Number(to) });
  if (!read.success) throw gone(read.error);
  return { ...read.data, challenge };
}

/**
 * Uses a ticket up: of parallel downloads, on any nodes, exactly one begins.
 * @throws AppError `not_found` where it was used before
 */
export async function spendTicket(
  database: Database,
  userId: string,
  { challenge }: Ticket,
  now: Date,
): Promise<void> {
  const place = { purpose: "audit_export", userId } as const;
  await spendChallenge(database, place, challenge, now).catch((error: unknown) => {
    throw error instanceof AppError && error.reason === "invalid_token" ? gone(error) : error;
  });
}

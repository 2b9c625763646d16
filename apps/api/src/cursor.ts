import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { AppError } from "./errors.ts";

const macLength = 12;

const macOf = (secret: Buffer, place: string, body: string) =>
  createHmac("sha256", secret)
    .update(`${place}\n${body}`)
    .digest()
    .subarray(0, macLength)
    .toString("base64url");

/** Secrets for cursors: the first makes them, all of them read. */
type Ring = readonly Buffer[];

/**
 * Opaque cursors: where a list goes on, signed for one place (the procedure and its owner), so that
 * a tampered one, or one of another list or user, is refused instead of being believed.
 */
export function encodeCursor([newest]: Ring, place: string, position: readonly string[]): string {
  if (!newest) throw new Error("the ring of cursors is empty");
  const body = Buffer.from(JSON.stringify(position)).toString("base64url");
  return `${body}.${macOf(newest, place, body)}`;
}

const positionSchema = z.array(z.string());

/** @throws AppError `invalid_cursor` */
export function decodeCursor(ring: Ring, place: string, cursor: string): string[] {
  const [body = ""] = cursor.split(".", 1);
  const given = Buffer.from(cursor);
  const isOurs = ring.some((secret) => {
    const expected = Buffer.from(`${body}.${macOf(secret, place, body)}`);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isOurs) {
    throw new AppError("invalid_cursor", "This cursor does not belong to this list.");
  }
  return positionSchema.parse(JSON.parse(Buffer.from(body, "base64url").toString("utf8")));
}

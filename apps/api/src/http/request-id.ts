import { randomFillSync } from "node:crypto";

/** Hexadecimal digits after those of the time: one for the variant, the rest as they are drawn. */
const idDigits = 19;
/** Random bits are drawn for many ids at once, because each draw takes longer than the rest of a request. */
const drawn = Buffer.alloc(idDigits * 256);
let digits = "";
let used = 0;
let lastTime = 0;
let timePart = "";

/** A UUIDv7 (RFC 9562, 5.7) of a time in milliseconds since 1970: that, then random bits. */
export function newRequestId(now = Date.now()): string {
  if (used === digits.length) {
    digits = randomFillSync(drawn).toString("hex");
    used = 0;
  }
  if (now !== lastTime) {
    const time = now.toString(16).padStart(12, "0");
    timePart = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    lastTime = now;
  }
  const at = used;
  used += idDigits;
  const variant = "89ab"[Number.parseInt(digits.charAt(at), 16) & 3];
  return `${timePart}${digits.slice(at + 1, at + 4)}-${variant}${digits.slice(at + 4, at + 7)}-${digits.slice(at + 7, at + idDigits)}`;
}

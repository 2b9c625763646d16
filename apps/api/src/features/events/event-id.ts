import { randomInt } from "node:crypto";
import { v7 as uuidv7 } from "uuid";

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Where the time ends in an id, and where a hyphen divides it. */
const timeEnd = 13;
const hyphenAt = 8;
const hexDigit = (code: number) => (code < 0x3a ? code - 0x30 : code - 0x57);

/** The time in a UUIDv7 (RFC 9562, canonical lower case), in milliseconds; undefined for anything else. */
export function timeOfId(id: string): number | undefined {
  if (!pattern.test(id)) return undefined;
  let time = 0;
  for (let at = 0; at < timeEnd; at += 1) {
    if (at !== hyphenAt) time = 16 * time + hexDigit(id.charCodeAt(at));
  }
  return time;
}

let made = randomInt(2 ** 32);

/** An id at the given millisecond; of two made here for the same one, the later is the greater. */
export function makeId(at: number): string {
  made = (made + 1) >>> 0;
  return uuidv7({ msecs: at, seq: made });
}

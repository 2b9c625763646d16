import { hash } from "node:crypto";
import { eventBounds } from "@muniment/shared/events.ts";

/** What makes one line of one log unlike every other line anywhere. */
export type LineIdentity = {
  source: string;
  format: string;
  /** The exact line. */
  line: string;
  /** How many times the same line came before in this source. */
  ordinal: number;
  /** How many lines of the same time came directly before it; orders them. */
  sequence: number;
  /** The line's time in milliseconds since 1970, if it has one. */
  time?: number | undefined;
};

const latestTime = 2 ** 48 - 1;

const latestSequence = 0xfff;

/**
 * A UUID of version 7 (RFC 9562, section 5.7) that is the same whenever the same line is read again.
 * After the time come 12 bits that keep lines of one time in the order of the log (section 6.2,
 * method 1), then 62 of a SHA-256. Without a usable time it is dated 2000-01-01.
 */
export function eventId({ source, format, line, ordinal, sequence, time }: LineIdentity): string {
  const usable = time !== undefined && time >= 0 && time <= latestTime;
  const clock = Math.floor(usable ? time : eventBounds.earliest)
    .toString(16)
    .padStart(12, "0");
  // The line comes last, so that no content of it can be read as another field.
  const order = Math.min(sequence, latestSequence).toString(16).padStart(3, "0");
  const bits = hash("sha256", `${source}\0${format}\0${ordinal}\0${line}`, "hex");
  const variant = (8 + (Number.parseInt(bits.charAt(18), 16) & 3)).toString(16);
  return `${clock.slice(0, 8)}-${clock.slice(8)}-7${order}-${variant}${bits.slice(3, 6)}-${bits.slice(6, 18)}`;
}

import { eventBounds } from "@muniment/shared/events.ts";

const rfc3339 =
  /^(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,3})0*)?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const longest = 64;

/** How most times are written. */
const canonical = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

const zero = 0x30;
const twoDigits = (text: string, at: number) =>
  10 * (text.charCodeAt(at) - zero) + text.charCodeAt(at + 1) - zero;

/** The instant of a time in canonical form; undefined for any other, and for a day that does not exist. */
function parseCanonical(text: string): number | undefined {
  if (text.length !== 24 || !canonical.test(text)) return undefined;
  // By its digits, which takes less than `Date.parse`.
  const year = 100 * twoDigits(text, 0) + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (year < 100 || month < 1 || month > 12 || day < 1) return undefined;
  const midnight = Date.UTC(year, month - 1, day);
  // It takes 30 February for 2 March.
  if (day > 28 && new Date(midnight).getUTCDate() !== day) return undefined;
  const minutes = 60 * twoDigits(text, 11) + twoDigits(text, 14);
  const milliseconds = 10 * twoDigits(text, 20) + text.charCodeAt(22) - zero;
  return midnight + minutes * 60_000 + twoDigits(text, 17) * 1000 + milliseconds;
}

/**
 * The instant of an RFC 3339 time with any offset, in milliseconds since 1970. Undefined for what is
 * none, and for a fraction finer than a millisecond or a leap second, which could not be kept.
 */
export function parseTime(text: string): number | undefined {
  const usual = parseCanonical(text);
  if (usual !== undefined) return usual;
  const parts = text.length <= longest ? rfc3339.exec(text) : null;
  if (!parts) return undefined;
  const [, date = "", hour, minute, second, fraction = "", sign, offsetHour, offsetMinute] = parts;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(date))
    return undefined;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const offset = sign ? (Number(offsetHour) * 60 + Number(offsetMinute)) * 60 : 0;
  const utc = sign === "+" ? seconds - offset : seconds + offset;
  return midnight + utc * 1000 + Number(fraction.padEnd(3, "0"));
}

/** Whether an event may lie at this instant: from 2000 to a day from now. */
export const isStorable = (at: number, now: number) =>
  at >= eventBounds.earliest && at <= now + eventBounds.futureMilliseconds;

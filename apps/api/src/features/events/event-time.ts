import { eventBounds } from "@muniment/shared/events.ts";

const rfc3339 =
  /^(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,3})0*)?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const longest = 64;

/** How most times are written. */
const canonical = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** The instant of a time in canonical form; undefined for any other, and for a day that does not exist. */
function parseCanonical(text: string): number | undefined {
  if (text.length !== 24 || !canonical.test(text)) return undefined;
  const day = Number(text.slice(8, 10));
  const at = Date.parse(text);
  // Date.parse takes 30 February for 2 March.
  return day <= 28 || new Date(at).getUTCDate() === day ? at : undefined;
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

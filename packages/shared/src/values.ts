import { z } from "zod";

/** A UUID in its canonical lower-case form; the ids Muniment makes are version 7. */
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "not a UUID");

/** A time as Muniment answers it: RFC 3339, UTC, milliseconds. */
export const timestamp = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, "not an RFC 3339 time in UTC");

/** A time as a caller may send it: RFC 3339 with any offset. Parsed to the same instant in UTC. */
export const timeInput = z.iso
  .datetime({ offset: true, error: "not an RFC 3339 time" })
  .max(40)
  .refine((text) => !Number.isNaN(Date.parse(text)), "not an RFC 3339 time");

const earliest = Date.UTC(1970, 0, 1);
const latest = Date.UTC(3000, 0, 1);

/** The same where the database itself compares or keeps it: from 1970 to 2999. */
export const calendarTimeInput = timeInput.refine((text) => {
  const time = Date.parse(text);
  return time >= earliest && time < latest;
}, "not a time between the years 1970 and 2999");

/** Text without control characters (tab and line feed allowed where `multiline`). */
export function boundedText(max: number, { multiline = false } = {}) {
  return z
    .string()
    .max(max)
    .refine(
      (text) => !/\p{Cc}/u.test(multiline ? text.replaceAll(/[\t\n]/g, "") : text),
      "contains control characters",
    )
    .refine((text) => text.isWellFormed(), "contains a lone surrogate");
}

/** Text to look for: not empty, bounded, and nothing that the database could not hold. */
export const searchText = (max: number) => boundedText(max, { multiline: true }).min(1);

/**
 * What is not seen itself and changes what is: marks, overrides and isolates of direction (Unicode
 * UAX #9), line separators, and characters without width.
 */
const deceptive =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

/** The joiners that Persian, Indic scripts and emoji need, where there is nothing for them to join. */
const strayJoiner =
  /(?:^|[\p{ASCII}\s])[\u200c\u200d]|[\u200c\u200d](?:[\p{ASCII}\s\u200c\u200d]|$)/u;

/** One line of at most 100 characters in which nothing is hidden, trimmed. */
export const visibleText = boundedText(100)
  .refine((text) => !deceptive.test(text) && !strayJoiner.test(text), "contains hidden characters")
  .transform((text) => text.trim());

/** A name that a person gives to something: trimmed, 1 to 100 characters, none of them hidden. */
export const name = visibleText.pipe(z.string().min(1));

/** What a file is called: one line, no place in a folder, nothing that is not seen but joiners that join. */
export const fileName = (max: number) =>
  boundedText(max)
    .min(1)
    .refine(
      (text) =>
        !/[\p{C}\p{Zl}\p{Zp}/\\]/u.test(text.replaceAll(/[\u200c\u200d]/g, "")) &&
        !strayJoiner.test(text),
      "contains hidden characters or a slash",
    )
    .refine((text) => text.trim() === text && !/^\.+$/.test(text), "is no name of a file");

export const cursor = z.string().min(1).max(512);
export const pageLimit = z.number().int().min(1).max(100);

/** The fields of every list's input. */
export const pageInput = { cursor: cursor.optional(), limit: pageLimit.optional() };

/** The shape of every list's answer. */
export function page<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** An input with no fields: absent or `{}`. */
export const noInput = z.strictObject({}).optional();

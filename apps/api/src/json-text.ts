/**
 * Looks at JSON text for what parsing loses. Every function expects text that `JSON.parse` has
 * accepted and the place of a value's first character; none recurses, so no depth can exhaust the stack.
 */

/** Where a value ends, how many members its objects have in all, and whether parsing kept its numbers. */
export type Scanned = { end: number; members: number; exact: boolean };

/**
 * `escapes`: it has a backslash, so that its strings are not as they stand in the text, and one may hold
 * a character that cannot be stored.
 */
export type Element = { scanned: Scanned; length: number; escapes: boolean };

const quote = 0x22;
const minus = 0x2d;
const nine = 0x39;
const zero = 0x30;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
const isDigit = (code: number) => code >= zero && code <= nine;
const isLetter = (code: number) => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;

function skipSpace(text: string, at: number): number {
  let next = at;
  while (isSpace(text.charCodeAt(next))) next += 1;
  return next;
}

function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === backslash) before -= 1;
  return (at - before) % 2 === 1;
}

function endOfString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function endOfNumber(text: string, at: number): number {
  let end = at;
  for (;;) {
    const code = text.charCodeAt(end);
    // The characters of a number are digits, + - . and the letter of the exponent.
    if (!isDigit(code) && code !== minus && code !== 0x2b && code !== 0x2e && !isLetter(code))
      return end;
    end += 1;
  }
}

function endOfLiteral(text: string, at: number): number {
  let end = at;
  while (isLetter(text.charCodeAt(end))) end += 1;
  return end;
}

/** A decimal number without sign as digits, neither beginning nor ending with 0, times a power of ten. */
function toDecimal(text: string): { digits: string; power: number } {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const all = whole + fraction;
  let from = 0;
  let to = all.length;
  while (from < to && all.charCodeAt(from) === zero) from += 1;
  while (to > from && all.charCodeAt(to - 1) === zero) to -= 1;
  return {
    digits: all.slice(from, to),
    power: Number(exponent) - fraction.length + (all.length - to),
  };
}

/**
 * Whether a JSON number survives parsing: the double, written in its shortest form, is the number
 * that was sent (0.1, 1.0 and 1e3 are; 9007199254740993, 1e400 and 0.1234567890123456789 are not).
 */
export function isExactNumber(text: string): boolean {
  const parsed = Number(text);
  if (!Number.isFinite(parsed)) return false;
  const shortest = String(parsed);
  if (shortest === text) return true;
  const sent = toDecimal(text.startsWith("-") ? text.slice(1) : text);
  const kept = toDecimal(shortest.startsWith("-") ? shortest.slice(1) : shortest);
  return sent.digits === kept.digits && (sent.digits === "" || sent.power === kept.power);
}

/** At most 15 characters without an exponent are at most 15 digits, which every double keeps. */
function keepsNumber(text: string, at: number, end: number): boolean {
  const number = text.slice(at, end);
  return (end - at <= 15 && !/e/i.test(number)) || isExactNumber(number);
}

/** Passes over one value. */
export function scanValue(text: string, start: number): Scanned {
  let at = start;
  let depth = 0;
  let members = 0;
  let exact = true;
  do {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
    } else if (code === minus || isDigit(code)) {
      const end = endOfNumber(text, at);
      exact = exact && keepsNumber(text, at, end);
      at = end;
    } else if (isLetter(code)) {
      at = endOfLiteral(text, at);
    } else {
      if (code === openBrace || code === openBracket) depth += 1;
      else if (code === closeBrace || code === closeBracket) depth -= 1;
      else if (code === colon) members += 1;
      at += 1;
    }
  } while (depth > 0);
  return { end: at, members, exact };
}

/** Calls `visit` with each member's key and the place of its value; `visit` answers where the value ends. */
export function forEachMember(
  text: string,
  start: number,
  visit: (key: string, at: number) => number,
): void {
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) === quote) {
    const end = endOfString(text, at);
    const raw = text.slice(at + 1, end - 1);
    const key = raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
    const value = skipSpace(text, skipSpace(text, end) + 1);
    at = skipSpace(text, visit(key, value));
    if (text.charCodeAt(at) !== closeBrace) at = skipSpace(text, at + 1);
  }
}

/** Each element of an array, and where the array ends. */
export function scanElements(text: string, start: number): { elements: Element[]; end: number } {
  const elements: Element[] = [];
  let nextEscape = text.indexOf("\\", start);
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) !== closeBracket) {
    const scanned = scanValue(text, at);
    const escapes = nextEscape >= 0 && nextEscape < scanned.end;
    if (escapes) nextEscape = text.indexOf("\\", scanned.end);
    elements.push({ scanned, length: scanned.end - at, escapes });
    at = skipSpace(text, scanned.end);
    if (text.charCodeAt(at) !== closeBracket) at = skipSpace(text, at + 1);
  }
  return { elements, end: at + 1 };
}

/** The place of the first value. */
export const startOf = (text: string) => skipSpace(text, 0);

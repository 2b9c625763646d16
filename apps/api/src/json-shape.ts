import { AppError } from "./errors.ts";

/**
 * A value of JSON text as far as it can be told without making it: where it ends, how deep it is (an
 * object or array without others in it: 1), and how many tokens it has. No text of the same value is
 * shorter than its tokens, a string counting twice for its quotes.
 */
export type Shape = { end: number; depth: number; tokens: number };

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const decimal = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literal = /true|false|null/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const notJson = () => new AppError("invalid_json", "The text is not JSON.");

/** Where a match that begins at `at` ends. @throws AppError `invalid_json` */
function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  if (!pattern.test(text)) throw notJson();
  return pattern.lastIndex;
}

/** The place of the first character at or after `at` that is not a space. */
export function skipSpace(text: string, at: number): number {
  let next = at;
  for (;;) {
    const code = text.charCodeAt(next);
    // Most places have none.
    if (code > 0x20) return next;
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return next;
    next += 1;
  }
}

/** Where the string that begins at `at` ends. @throws AppError `invalid_json` */
export function endOfString(text: string, at: number): number {
  if (text.charCodeAt(at) !== quote) throw notJson();
  let next = at + 1;
  for (;;) {
    const code = text.charCodeAt(next);
    if (code === quote) return next + 1;
    if (code === backslash) next = match(escaped, text, next);
    // Not so at the end of the text, where the code is NaN.
    else if (code >= 0x20) next += 1;
    else throw notJson();
  }
}

/** The place of the value after a key and its colon. @throws AppError `invalid_json` */
export function afterKey(text: string, at: number): number {
  const sign = skipSpace(text, endOfString(text, at));
  if (text.charCodeAt(sign) !== colon) throw notJson();
  return skipSpace(text, sign + 1);
}

function enlarged(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 4);
  larger.set(bytes);
  return larger;
}

/**
 * Passes over the value that begins at `start`, without recursion and without making any of it.
 * @throws AppError `invalid_json` unless `JSON.parse` would take it
 */
export function shapeOf(text: string, start: number): Shape {
  // What closes each container around the place; a body can open millions.
  let closers = new Uint8Array(64);
  let open = 0;
  let depth = 0;
  let tokens = 0;
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === openBrace || code === openBracket) {
      if (open === closers.length) closers = enlarged(closers);
      // In ASCII each closer is its opener plus 2.
      closers[open] = code + 2;
      open += 1;
      if (open > depth) depth = open;
      tokens += 2;
      at = skipSpace(text, at + 1);
      if (text.charCodeAt(at) !== code + 2) {
        if (code === openBracket) continue;
        at = afterKey(text, at);
        tokens += 3;
        continue;
      }
    } else if (code === quote) {
      at = endOfString(text, at);
      tokens += 2;
    } else {
      at = match(code >= 0x61 ? literal : decimal, text, at);
      tokens += 1;
    }
    // A value has ended, or an empty container is about to.
    for (;;) {
      if (open === 0) return { end: at, depth, tokens };
      at = skipSpace(text, at);
      const next = text.charCodeAt(at);
      at += 1;
      if (next === comma) break;
      if (next !== closers[open - 1]) throw notJson();
      open -= 1;
    }
    at = skipSpace(text, at);
    tokens += 1;
    if (closers[open - 1] === closeBrace) {
      at = afterKey(text, at);
      tokens += 3;
    }
  }
}

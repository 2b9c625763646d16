import { EventQueryError } from "./query.ts";

/** A word is what stands between spaces and parentheses; of a quoted one, `text` is what the quotes hold. */
export type Word = { text: string; quoted: boolean; start: number; end: number };

const space = /\s/;
const bare = /[^\s()"]/;

export const isSpace = (text: string, at: number) => at < text.length && space.test(text[at] ?? "");

export function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text, at)) at += 1;
  return at;
}

/** Reads `"…"`, in which a backslash takes the next character as it is. */
function readQuoted(text: string, start: number): Word {
  let value = "";
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '"') return { text: value, quoted: true, start, end: at + 1 };
    if (text[at] === "\\") at += 1;
    value += text[at] ?? "";
  }
  throw new EventQueryError({ position: text.length, expected: 'a closing "' });
}

/** The word at a place, up to a space, a parenthesis, or one of `ends`; empty where none begins. */
export function readWord(text: string, start: number, ends = ""): Word {
  if (text[start] === '"') return readQuoted(text, start);
  let end = start;
  while (end < text.length && bare.test(text[end] ?? "") && !ends.includes(text[end] ?? "")) {
    end += 1;
  }
  return { text: text.slice(start, end), quoted: false, start, end };
}

/** @throws EventQueryError when a term goes on where it should be over */
export function expectEnd(text: string, at: number): void {
  if (at >= text.length || isSpace(text, at) || text[at] === ")") return;
  throw new EventQueryError({ position: at, expected: "a space before the next term" });
}

import { Rejected } from "./rejected.ts";

/** Counts over a value: members of its objects, and bytes that a number takes beyond its short form. */
export type Canonical = { text: string; members: number; extraBytes: number };

type Counts = Omit<Canonical, "text"> & { escapes: boolean };

/** @throws Rejected `invalid_text` for what PostgreSQL could not keep as sent */
export function checkText(text: string, where: string): void {
  if (text.includes("\0")) throw new Rejected("invalid_text", `${where} contains U+0000.`);
  if (!text.isWellFormed()) {
    throw new Rejected("invalid_text", `${where} contains a lone surrogate.`);
  }
}

/** A string as JSON. Of a text without backslashes each stands in it just so. */
export const stringText = (text: string, escapes: boolean) =>
  escapes ? JSON.stringify(text) : `"${text}"`;

/** jsonb gives 1e308 back with all its 309 digits, so it must count like them. */
function writtenOut(number: number): number {
  const size = Math.abs(number);
  return size === 0 || (size >= 1e-6 && size < 1e21) ? 0 : Math.abs(Math.log10(size));
}

/** Up to so many keys are put in order here: to begin a sort takes longer. */
const fewKeys = 16;

function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  if (keys.length > fewKeys) return keys.sort();
  for (let next = 1; next < keys.length; next += 1) {
    const key = keys[next] as string;
    let at = next;
    for (; at > 0 && (keys[at - 1] as string) > key; at -= 1) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
  return keys;
}

function objectText(value: object, depth: number, counts: Counts): string {
  const keys = sortedKeys(value);
  counts.members += keys.length;
  let text = "{";
  for (const key of keys) {
    if (key === "__proto__") throw new Rejected("forbidden_key", "A key is named __proto__.");
    if (counts.escapes) checkText(key, "A key of props");
    if (text.length > 1) text += ",";
    text += `${stringText(key, counts.escapes)}:`;
    text += write((value as Record<string, unknown>)[key], depth, counts);
  }
  return `${text}}`;
}

function write(value: unknown, depth: number, counts: Counts): string {
  if (typeof value === "string") {
    if (counts.escapes) checkText(value, "A text of props");
    return stringText(value, counts.escapes);
  }
  if (typeof value === "number") {
    counts.extraBytes += writtenOut(value);
    return JSON.stringify(value);
  }
  if (typeof value !== "object" || value === null) return String(value);
  if (depth === 0) throw new Rejected("too_deep", "props is nested too deep.");
  if (!Array.isArray(value)) return objectText(value, depth - 1, counts);
  return `[${value.map((item) => write(item, depth - 1, counts)).join(",")}]`;
}

/**
 * A parsed JSON value as text that is the same for the same content: keys sorted, no spaces.
 * `escapes`: its JSON text had backslashes, the only way to write what PostgreSQL cannot keep.
 * @throws Rejected `too_deep`, `forbidden_key`, `invalid_text`
 */
export function canonicalise(value: object, depth: number, escapes = true): Canonical {
  const counts: Counts = { members: 0, extraBytes: 0, escapes };
  const text = write(value, depth, counts);
  return { text, members: counts.members, extraBytes: counts.extraBytes };
}

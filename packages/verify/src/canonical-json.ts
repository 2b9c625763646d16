/** Visible ASCII but for the quotation mark and the backslash. */
const plain = /^[ !#-[\]-~]*$/;

/** Whether a text stands for itself in JSON. */
export const isPlain = (text: string): boolean => plain.test(text);

function canonicalString(text: string): string {
  if (isPlain(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new Error("a lone surrogate is no JSON");
  return JSON.stringify(text);
}

/** Up to so many keys are sorted one by one, in a third of the time that `sort` takes for two. */
const fewKeys = 16;

/** The keys of an object by UTF-16 code units, as RFC 8785 section 3.2.3 wants it and strings compare. */
function sortedKeys(fields: object): string[] {
  const keys = Object.keys(fields);
  if (keys.length > fewKeys) return keys.sort();
  for (let from = 1; from < keys.length; from += 1) {
    const key = keys[from] as string;
    let at = from;
    for (let before = keys[at - 1]; before !== undefined && before > key; before = keys[at - 1]) {
      keys[at] = before;
      at -= 1;
    }
    keys[at] = key;
  }
  return keys;
}

/**
 * The one JSON text of a value (RFC 8785): keys sorted, no white space, numbers and strings as
 * ECMAScript writes them. A field whose value is undefined is left out.
 * @throws where the value is not JSON, or holds a lone surrogate
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string") return canonicalString(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Error(`${value} is no JSON`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object") throw new Error(`${typeof value} is no JSON`);
  const fields = value as Record<string, unknown>;
  let text = "";
  for (const key of sortedKeys(fields)) {
    const field = fields[key];
    if (field !== undefined)
      text += `${text && ","}${canonicalString(key)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

/** Visible ASCII but for the quotation mark and the backslash: what stands for itself in JSON. */
const plain = /^[ !#-[\]-~]*$/;

function canonicalString(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new Error("a lone surrogate is no JSON");
  return JSON.stringify(text);
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
  // By UTF-16 code units, as RFC 8785 section 3.2.3 wants it and `sort` compares.
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key];
    if (field !== undefined)
      text += `${text && ","}${canonicalString(key)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

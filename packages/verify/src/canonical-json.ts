/** By UTF-16 code units, as RFC 8785 section 3.2.3 wants it and `<` compares. */
const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

/**
 * The one JSON text of a value (RFC 8785): keys sorted, no white space, numbers and strings as
 * ECMAScript writes them. A field whose value is undefined is left out.
 * @throws where the value is not JSON, or holds a lone surrogate
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new Error("a lone surrogate is no JSON");
    return JSON.stringify(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Error(`${value} is no JSON`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object") throw new Error(`${typeof value} is no JSON`);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(byKey)
    .map(([key, field]) => `${canonicalJson(key)}:${canonicalJson(field)}`);
  return `{${fields.join(",")}}`;
}

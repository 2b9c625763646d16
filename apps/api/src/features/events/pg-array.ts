import { randomBytes } from "node:crypto";

type Value = string | number | undefined;

/** A PostgreSQL array of what needs no quotes: numbers, ids, hex. */
export const plainArray = (values: Value[]) =>
  `{${values.map((value) => value ?? "NULL").join(",")}}`;

/** For `string_to_array(text, separator, nothing)`, which reads long texts at a third of an array's cost. */
export type TextList = { text: string; separator: string; nothing: string };

const usual = { separator: "\u001f", nothing: "\u001e" };
const mayClash = (text = "") => text.includes(usual.separator) || text.includes(usual.nothing);

/**
 * Texts as one. There is an element too many at the end, to be left out: of one empty text alone
 * PostgreSQL would make no element.
 */
export function textList(values: (string | undefined)[]): TextList {
  // Nobody can foresee the other two, so no text contains them.
  const { separator, nothing } = values.some(mayClash)
    ? { separator: randomBytes(16).toString("hex"), nothing: randomBytes(16).toString("hex") }
    : usual;
  const text = [...values, undefined].map((value) => value ?? nothing).join(separator);
  return { text, separator, nothing };
}

/**
 * An input together with the JSON text it was parsed from, for a procedure that must see what
 * parsing loses (repeated keys, digits of numbers). `path` leads from the text's root to the input.
 */
export type ExactText = { value: unknown; text: string; path: readonly string[] };

const texts = new WeakMap<object, ExactText>();

/** Remembers the text of an input object; a value that is not an object has nothing to lose. */
export function exactText(exact: ExactText): unknown {
  if (typeof exact.value === "object" && exact.value !== null) texts.set(exact.value, exact);
  return exact.value;
}

/** The text of an input that came through `exactText`. */
export const textOf = (input: object): ExactText | undefined => texts.get(input);

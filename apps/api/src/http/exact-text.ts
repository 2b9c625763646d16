import { AppError } from "../errors.ts";
import { forEachMember, scanValue, startOf } from "../json-text.ts";
import type { RefusedByIndex } from "./large-batch.ts";

/**
 * An input together with the JSON text it was parsed from, for a procedure that must see what
 * parsing loses (repeated keys, digits of numbers). `start` is the place of the input in the text,
 * `refused` the events of it that are null there because they were refused unread.
 */
export type ExactText = {
  value: unknown;
  text: string;
  start: number;
  refused: RefusedByIndex | undefined;
};

/** Where the value of each key of a JSON object lies in its text. */
export type Spans = ReadonlyMap<string, { start: number; end: number }>;

/**
 * Finds the inputs of a batch of `count` calls in the body that holds them by position.
 * @throws AppError `invalid_json` when a position is named twice (only one of the inputs would be
 *   seen), or is none of the batch's
 */
export function spansOf(text: string, count: number): Spans {
  const spans = new Map<string, { start: number; end: number }>();
  forEachMember(text, startOf(text), (key, start) => {
    if (!/^\d$/.test(key) || Number(key) >= count) {
      throw new AppError("invalid_json", "The batch has an input for no call of it.");
    }
    if (spans.has(key)) throw new AppError("invalid_json", "The batch names an input twice.");
    const { end } = scanValue(text, start);
    spans.set(key, { start, end });
    return end;
  });
  return spans;
}

/** On the value itself: a map of weak references costs more to collect than all the rest of a small call. */
const exactly = Symbol("the text of an input");

/** Remembers the text of an input object; a value that is not an object has nothing to lose. */
export function exactText(exact: ExactText): unknown {
  const { value } = exact;
  if (typeof value === "object" && value !== null) {
    (value as { [exactly]?: ExactText })[exactly] = exact;
  }
  return value;
}

/** The text of an input that came through `exactText`. */
export const textOf = (input: object): ExactText | undefined =>
  (input as { [exactly]?: ExactText })[exactly];

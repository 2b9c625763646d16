import { alwaysLight, refusalOf } from "../../http/large-batch.ts";
import { skipSpace } from "../../json-shape.ts";
import { Unreadable } from "./unreadable.ts";

/**
 * The value of the JSON text of an event, or of its props, unless it would be refused in any case and
 * take much memory to make.
 * @throws Unreadable for what is refused unparsed, another Error for what is not JSON
 */
export function parseLight(text: string): unknown {
  if (text.length > alwaysLight) {
    const { refusal } = refusalOf(text, skipSpace(text, 0));
    if (refusal) throw new Unreadable(refusal.reason, refusal.message);
  }
  return JSON.parse(text);
}

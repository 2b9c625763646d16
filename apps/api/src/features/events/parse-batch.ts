import type { Receipt } from "@muniment/shared/events.ts";
import { AppError } from "../../errors.ts";
import type { ExactText } from "../../http/exact-text.ts";
import { type Element, forEachMember, scanElements, scanValue } from "../../json-text.ts";
import { type ParsedEvent, type ParseRules, parseEvent } from "./parse-event.ts";
import { Rejected } from "./rejected.ts";

export type ParsedBatch = {
  events: ParsedEvent[];
  /** The place of each of `events` in the batch as sent. */
  places: number[];
  rejected: Receipt["rejected"];
};

const isArray = (text: string, at: number) => text.startsWith("[", at);

/** What the text says of each event. @throws AppError `invalid_json` when `events` is named twice */
function scanEvents({ text, start }: ExactText): Element[] {
  let named = 0;
  let found: Element[] = [];
  forEachMember(text, start, (key, at) => {
    if (key === "events") named += 1;
    if (named > 1) throw new AppError("invalid_json", "events is named twice.");
    if (key !== "events" || !isArray(text, at)) return scanValue(text, at).end;
    const { elements, end } = scanElements(text, at);
    found = elements;
    return end;
  });
  return found;
}

/** Judges each event of a batch by itself. */
export function parseBatch(events: unknown[], exact: ExactText, rules: ParseRules): ParsedBatch {
  const elements = scanEvents(exact);
  const parsed: ParsedBatch = { events: [], places: [], rejected: [] };
  for (const [index, value] of events.entries()) {
    const element = elements[index];
    if (!element) throw new Error("the text of a batch does not fit its value");
    const refused = exact.refused?.get(index);
    if (refused) {
      parsed.rejected.push({ index, ...refused });
      continue;
    }
    try {
      parsed.events.push(parseEvent(value, element, rules));
      parsed.places.push(index);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      parsed.rejected.push({ index, reason: error.reason, message: error.message });
    }
  }
  return parsed;
}

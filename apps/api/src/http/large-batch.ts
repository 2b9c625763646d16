import { batchMax, type EventRejection, eventBounds } from "@muniment/shared/events.ts";
import { AppError } from "../errors.ts";
import { afterKey, endOfString, shapeOf, skipSpace } from "../json-shape.ts";

export type RefusedUnread = { reason: EventRejection; message: string };

/** The refused events of a batch by their place in it. */
export type RefusedByIndex = ReadonlyMap<number, RefusedUnread>;

/** A body that costs little to parse; `refused` is by the place of a batch in `text`. */
export type Lightened = { text: string; refused: ReadonlyMap<number, RefusedByIndex> };

/** Bodies up to this length cost little to parse, whatever is in them. */
export const alwaysLight = 65_536;

/** The tokens of an event beside those of its props: braces, nine fields, eight values, commas. */
const ownTokens = 64;

const closeBracket = 0x5d;
const closeBrace = 0x7d;
const comma = 0x2c;

/**
 * What can be said of an event without making its value, which would take long.
 * @throws AppError `invalid_json`
 */
export function refusalOf(
  text: string,
  start: number,
): { end: number; refusal: RefusedUnread | null } {
  const { end, depth, tokens } = shapeOf(text, start);
  const refuse = (reason: EventRejection, message: string) => ({
    end,
    refusal: { reason, message },
  });
  if (!text.startsWith("{", start)) return refuse("invalid_event", "An event is a JSON object.");
  if (end - start > eventBounds.textLength) return refuse("too_large", "The event is too large.");
  if (depth > eventBounds.propsDepth + 1)
    return refuse("too_deep", "The event is nested too deep.");
  if (tokens > eventBounds.propsBytes + ownTokens) {
    return refuse("too_large", "The event is too large.");
  }
  return { end, refusal: null };
}

const invalidJson = (message: string) => new AppError("invalid_json", message);

/** Calls `visit` with each key of an object; `visit` answers where its value ends. Answers where the object ends. */
function forEachKey(
  text: string,
  start: number,
  visit: (key: string, at: number) => number,
): number {
  if (!text.startsWith("{", start)) {
    shapeOf(text, start);
    throw new AppError("invalid_input", "An object is expected.");
  }
  let at = skipSpace(text, start + 1);
  if (text.charCodeAt(at) === closeBrace) return at + 1;
  for (;;) {
    const value = afterKey(text, at);
    const raw = text.slice(at, endOfString(text, at));
    // No key that is known is longer, even with each of its characters escaped.
    const key = raw.length > 64 ? "" : (JSON.parse(raw) as string);
    at = skipSpace(text, visit(key, value));
    const next = text.charCodeAt(at);
    if (next === closeBrace) return at + 1;
    if (next !== comma) throw invalidJson("The text is not JSON.");
    at = skipSpace(text, at + 1);
  }
}

/** Calls `visit` with the place of each event; `visit` answers where it ends. Answers where the list ends. */
function forEachEvent(
  text: string,
  start: number,
  visit: (index: number, at: number) => number,
): number {
  if (!text.startsWith("[", start)) throw new AppError("invalid_input", "events: not a list.");
  let at = skipSpace(text, start + 1);
  if (text.charCodeAt(at) === closeBracket) return at + 1;
  for (let index = 0; ; index++) {
    if (index === batchMax) {
      throw new AppError("invalid_input", `events: more than ${batchMax} in a batch.`);
    }
    at = skipSpace(text, visit(index, at));
    const next = text.charCodeAt(at);
    if (next === closeBracket) return at + 1;
    if (next !== comma) throw invalidJson("The text is not JSON.");
    at = skipSpace(text, at + 1);
  }
}

/**
 * Takes out of a large body what would be refused in any case and costs seconds to parse: events too
 * long, too deep or with too many tokens become null and are told in `refused`. `calls` is the number
 * of batches the body holds by position, or null when it is one batch.
 * @throws AppError `invalid_json`, `invalid_input` for anything around the events but `events` itself
 */
export function lighten(text: string, calls: number | null): Lightened {
  if (text.length <= alwaysLight) return { text, refused: new Map() };
  const kept: string[] = [];
  const refused = new Map<number, RefusedByIndex>();
  let keptUntil = 0;
  let removed = 0;

  const passBatch = (start: number): number => {
    const own = new Map<number, RefusedUnread>();
    refused.set(start - removed, own);
    let isNamed = false;
    return forEachKey(text, start, (key, list) => {
      if (key !== "events") throw new AppError("invalid_input", "A batch has only events.");
      if (isNamed) throw invalidJson("events is named twice.");
      isNamed = true;
      return forEachEvent(text, list, (index, at) => {
        const { end, refusal } = refusalOf(text, at);
        if (refusal) {
          own.set(index, refusal);
          kept.push(text.slice(keptUntil, at), "null");
          removed += end - at - "null".length;
          keptUntil = end;
        }
        return end;
      });
    });
  };

  const seen = new Set<string>();
  const start = skipSpace(text, 0);
  if (calls !== null && !text.startsWith("{", start)) {
    throw invalidJson("A batch's input is an object of inputs by position.");
  }
  const end =
    calls === null
      ? passBatch(start)
      : forEachKey(text, start, (key, at) => {
          if (!/^\d$/.test(key) || Number(key) >= calls || seen.has(key)) {
            throw invalidJson("The batch has an input for no call of it, or two for one.");
          }
          seen.add(key);
          return passBatch(at);
        });
  if (skipSpace(text, end) !== text.length) throw invalidJson("The text is not JSON.");
  return { text: kept.join("") + text.slice(keptUntil), refused };
}

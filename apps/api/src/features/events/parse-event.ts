import { hash } from "node:crypto";
import {
  eventBounds,
  eventFields,
  eventLevels,
  eventTypePattern,
} from "@muniment/shared/events.ts";
import type { Element } from "../../json-text.ts";
import { type Canonical, canonicalise, checkText, stringText } from "./canonical.ts";
import { makeId, timeOfId } from "./event-id.ts";
import { isStorable, parseTime } from "./event-time.ts";
import { Rejected } from "./rejected.ts";
import { matchesType } from "./type-pattern.ts";

/** An event that may be stored. */
export type ParsedEvent = {
  id: string;
  /** When it occurred, in milliseconds since 1970. */
  at: number;
  type: string;
  /** Place in `eventLevels`. */
  level: number;
  message: string | undefined;
  subject: string | undefined;
  traceId: string | undefined;
  seq: number | undefined;
  /** As canonical JSON. */
  props: string | undefined;
  /** SHA-256, hex, of the content as sent: every field but the id, before defaults. */
  digest: string;
};

export type ParseRules = {
  receivedAt: number;
  /** Types the key may send, exact or `prefix*`; empty: every type. */
  allowedTypes: readonly string[];
};

const fields: ReadonlySet<string> = new Set(eventFields);

function checkFields(keys: string[]): void {
  for (const key of keys) {
    if (fields.has(key)) continue;
    if (key === "__proto__") throw new Rejected("forbidden_key", "A key is named __proto__.");
    throw new Rejected("unknown_field", `An event has no field ${key.slice(0, 64)}.`);
  }
}

function readText(
  value: unknown,
  name: string,
  max: number,
  size: (text: string) => number,
  mayBeUnstorable: boolean,
) {
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw new Rejected("invalid_text", `${name} is not a string.`);
  // No character of a text takes more than three bytes.
  if (value.length * 3 > max && size(value) > max)
    throw new Rejected("too_large", `${name} is longer than ${max}.`);
  if (mayBeUnstorable) checkText(value, name);
  return value;
}

const lengthOf = (text: string) => text.length;

function readType(value: unknown, allowed: readonly string[]): string {
  if (typeof value !== "string" || !eventTypePattern.test(value)) {
    throw new Rejected("invalid_type", "type is not 1 to 128 characters of a-z 0-9 . _ : -");
  }
  if (allowed.length > 0 && !allowed.some((pattern) => matchesType(pattern, value))) {
    throw new Rejected("event_type_not_allowed", "This API key may not send this type.");
  }
  return value;
}

function checkRange(at: number, name: string, now: number): void {
  if (isStorable(at, now)) return;
  throw new Rejected("out_of_range", `${name} lies before 2000 or more than a day ahead.`);
}

function readTime(value: unknown, now: number): number {
  if (value === undefined) return now;
  const at = typeof value === "string" ? parseTime(value) : undefined;
  if (at === undefined) {
    throw new Rejected("invalid_time", "occurredAt is not RFC 3339 with at most milliseconds.");
  }
  checkRange(at, "occurredAt", now);
  return at;
}

function readId(value: unknown, occurredAt: number, now: number): string {
  if (value === undefined) return makeId(occurredAt);
  const at = typeof value === "string" ? timeOfId(value) : undefined;
  if (typeof value !== "string" || at === undefined) {
    throw new Rejected("invalid_id", "id is not a UUIDv7 in lower case.");
  }
  checkRange(at, "The time in the id", now);
  return value;
}

const levels: ReadonlyMap<unknown, number> = new Map(
  eventLevels.map((level, place) => [level, place]),
);

function readLevel(value: unknown): number {
  const level = value === undefined ? levels.get("info") : levels.get(value);
  if (level !== undefined) return level;
  throw new Rejected("invalid_level", `level is none of ${eventLevels.join(", ")}.`);
}

function readSeq(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Rejected("invalid_number", "seq is not a whole number from 0 to 9007199254740991.");
}

function readProps(value: unknown, escapes: boolean): Canonical | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Rejected("invalid_event", "props is not a JSON object.");
  }
  const props = canonicalise(value, eventBounds.propsDepth, escapes);
  const mostBytes = props.text.length * 3 + props.extraBytes;
  if (
    mostBytes > eventBounds.propsBytes &&
    Buffer.byteLength(props.text) + props.extraBytes > eventBounds.propsBytes
  ) {
    throw new Rejected("too_large", `props is larger than ${eventBounds.propsBytes} bytes.`);
  }
  return props;
}

/** As JSON, of what is a level or a time and so has nothing to escape. */
const plainJson = (value: unknown) => (value === undefined ? "null" : `"${value}"`);
const textJson = (value: string | undefined, escapes: boolean) =>
  value === undefined ? "null" : stringText(value, escapes);

/**
 * Judges one event of a batch; `scanned` is what its JSON text of `length` characters says.
 * @throws Rejected
 */
export function parseEvent(
  value: unknown,
  { scanned, length, escapes }: Element,
  { receivedAt, allowedTypes }: ParseRules,
): ParsedEvent {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Rejected("invalid_event", "An event is a JSON object.");
  }
  if (length > eventBounds.textLength) throw new Rejected("too_large", "The event is too large.");
  if (!scanned.exact) {
    throw new Rejected("invalid_number", "A number has more digits or size than can be kept.");
  }
  const sent = value as Record<string, unknown>;
  const keys = Object.keys(sent);
  checkFields(keys);
  const type = readType(sent.type, allowedTypes);
  const message = readText(
    sent.message,
    "message",
    eventBounds.messageBytes,
    Buffer.byteLength,
    escapes,
  );
  const subject = readText(sent.subject, "subject", eventBounds.subjectLength, lengthOf, escapes);
  const traceId = readText(sent.traceId, "traceId", eventBounds.traceIdLength, lengthOf, escapes);
  const seq = readSeq(sent.seq);
  const level = readLevel(sent.level);
  const props = readProps(sent.props, escapes);
  // A repeated key leaves fewer members in the parsed value than the text has.
  if (scanned.members !== keys.length + (props?.members ?? 0)) {
    throw new Rejected("duplicate_key", "A key is named twice in one object.");
  }
  const at = readTime(sent.occurredAt, receivedAt);
  const id = readId(sent.id, at, receivedAt);

  // What was not sent is null here, which no field can be sent as.
  const content = `["${type}",${plainJson(sent.occurredAt)},${plainJson(sent.level)},${textJson(message, escapes)},${textJson(subject, escapes)},${textJson(traceId, escapes)},${seq ?? null}]`;
  const digest = hash("sha256", content + (props?.text ?? ""), "hex");
  return {
    id,
    at,
    type,
    level,
    message,
    subject,
    traceId,
    seq,
    props: props?.text,
    digest,
  };
}

import { hash } from "node:crypto";
import { eventBounds, eventTypePattern } from "@muniment/shared/events.ts";
import type { SentEvent } from "@muniment/shared/sent-event.ts";
import { fromAnyValue, fromAttributes, type Json, listOf } from "./any-value.ts";
import { isRecord, RecordError } from "./record-error.ts";
import { levelOf } from "./severity.ts";

/** What all records of one resource or one scope share, as props. */
export type Source = { resource: Json; scope: Json };

const defaultType = "otel.log";
const nanosecondsPerMillisecond = 1_000_000n;

/** A fixed64 of nanoseconds; absent or 0: unknown. @throws RecordError */
function nanoseconds(value: unknown, field: string): bigint | undefined {
  const text = typeof value === "number" ? value.toFixed(0) : (value ?? "0");
  if (typeof text !== "string" || !/^\d{1,20}$/.test(text)) {
    throw new RecordError(`${field} is no number of nanoseconds.`);
  }
  return BigInt(text) || undefined;
}

/** An event's type from the name that the record gives it. */
function typeOf(name: unknown): string {
  if (typeof name !== "string" || name === "") return defaultType;
  const type = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._:-]+/g, "_")
    .slice(0, 128);
  return eventTypePattern.test(type) ? type : defaultType;
}

const encoder = new TextEncoder();

/** As many whole characters as a message holds. */
function cut(text: string): string {
  if (text.length * 3 <= eventBounds.messageBytes) return text;
  const { read } = encoder.encodeInto(text, new Uint8Array(eventBounds.messageBytes));
  return text.slice(0, read);
}

function serviceOf(resource: Json): string | undefined {
  const service = resource.service;
  const name = typeof service === "object" && service !== null && (service as Json).name;
  return typeof name === "string" && name !== ""
    ? `service:${name}`.slice(0, eventBounds.subjectLength)
    : undefined;
}

const isEmpty = (value: Json) => Object.keys(value).length === 0;
const present = (value: unknown) => value !== undefined && value !== null && value !== "";

function readProps(record: Record<string, unknown>, { resource, scope }: Source, type: string) {
  const props: Json = {};
  const attributes = fromAttributes(listOf(record, "attributes"));
  if (!isEmpty(attributes)) props.attributes = attributes;
  if (!isEmpty(resource)) props.resource = resource;
  if (!isEmpty(scope)) props.scope = scope;
  const { severityText, spanId, flags, droppedAttributesCount: dropped, eventName } = record;
  if (present(severityText)) props.severityText = severityText;
  if (present(spanId)) props.spanId = spanId;
  if (typeof flags === "number" && flags !== 0) props.flags = flags;
  if (typeof dropped === "number" && dropped !== 0) props.droppedAttributesCount = dropped;
  if (present(eventName) && eventName !== type) props.eventName = eventName;
  return props;
}

/** A UUIDv7 (RFC 9562) of that time whose other bits are those of a digest. */
function idOf(milliseconds: number, digest: string): string {
  const clock = milliseconds.toString(16).padStart(12, "0");
  const variant = (8 + (Number.parseInt(digest.charAt(3), 16) & 3)).toString(16);
  return `${clock.slice(0, 8)}-${clock.slice(8)}-7${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
}

/**
 * The event of a log record (opentelemetry.proto.logs.v1.LogRecord in its JSON form). Its id is made
 * of all it says, of `owner` and of how many equal records came before in the same call, so that a
 * call made again creates nothing twice. A record without any time gets none.
 * @throws RecordError
 */
export function toEvent(
  record: unknown,
  source: Source,
  owner: string,
  countEqual: (digest: string) => number,
): SentEvent {
  if (!isRecord(record)) throw new RecordError("A log record is not an object.");
  const occurred = nanoseconds(record.timeUnixNano, "timeUnixNano");
  const observed = nanoseconds(record.observedTimeUnixNano, "observedTimeUnixNano");
  const time = occurred ?? observed;
  const milliseconds = time === undefined ? undefined : Number(time / nanosecondsPerMillisecond);
  const type = typeOf(record.eventName);
  const props = readProps(record, source, type);
  const body = record.body === undefined ? null : fromAnyValue(record.body);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const message = body === null || body === "" ? undefined : cut(text);
  if (message !== undefined && message !== body) props.body = body;
  // What milliseconds lose.
  if (time !== undefined && time % nanosecondsPerMillisecond !== 0n) props.timeUnixNano = `${time}`;

  const event: SentEvent = { type, level: levelOf(record.severityNumber, record.severityText) };
  if (message !== undefined) event.message = message;
  const subject = serviceOf(source.resource);
  if (subject !== undefined) event.subject = subject;
  if (present(record.traceId)) event.traceId = record.traceId as string;
  if (!isEmpty(props)) event.props = props;
  if (milliseconds === undefined) return event;
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) throw new RecordError("The time is beyond every calendar.");
  event.occurredAt = date.toISOString();
  const content = `${owner} ${occurred} ${observed} ${JSON.stringify(event)}`;
  const equal = countEqual(hash("sha256", content, "hex"));
  event.id = idOf(milliseconds, hash("sha256", `${equal} ${content}`, "hex"));
  return event;
}

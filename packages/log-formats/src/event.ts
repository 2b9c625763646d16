import { type EventLevel, eventBounds } from "@muniment/shared/events.ts";
import type { LogLine } from "./lines.ts";

export type Props = { [name: string]: string | number | boolean | null | Props | string[] };

/** What a log line says; the line itself and its id are added when it becomes an event. */
export type Reading = {
  type: string;
  level: EventLevel;
  /** Milliseconds since 1970; absent when the line carries no time. */
  occurredAt?: number;
  /** What the line says, where that is not the line itself: the rest of it then stands in the props. */
  message?: string;
  props: Props;
};

export type LineEvent = {
  id: string;
  type: string;
  occurredAt?: string;
  level: EventLevel;
  message: string;
  subject?: string;
  props: Props;
};

/**
 * The event of a line at `time` (milliseconds), or undefined when the line is too long to be kept
 * whole. `message` is what the reading says, else the line; a line over its bound is cut there and
 * stands whole in `props.line`; a line that is not text stands byte for byte in `props.lineBase64`.
 */
export function toEvent(
  line: LogLine,
  { type, level, props, message: said }: Reading,
  { id, time }: { id: string; time: number | undefined },
): LineEvent | undefined {
  const { text, base64 } = line;
  const message = cutToBytes(said ?? text, eventBounds.messageBytes);
  const copy = base64 !== undefined ? { lineBase64: base64 } : { line: text };
  const inexact = base64 !== undefined || message.length < (said ?? text).length;
  const whole: Props = inexact ? { ...props, ...copy } : props;
  if (
    (inexact || said !== undefined) &&
    Buffer.byteLength(JSON.stringify(whole)) > eventBounds.propsBytes
  )
    return undefined;
  const event: LineEvent = { id, type, level, message, props: whole };
  if (time !== undefined) event.occurredAt = new Date(time).toISOString();
  const subject = subjectOf(props);
  if (subject !== undefined) event.subject = subject;
  return event;
}

/** A line is about the address it came from, else about the account it names. */
function subjectOf(props: Props): string | undefined {
  if (props.address) return `address:${props.address}`;
  if (props.user) return cut(`user:${props.user}`, eventBounds.subjectLength);
  return undefined;
}

/** The first `max` UTF-16 units, without half a character at the end. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, max).replace(/[\ud800-\udbff]$/, "");
}

const encoder = new TextEncoder();

function cutToBytes(text: string, max: number): string {
  if (text.length * 3 <= max) return text;
  return text.slice(0, encoder.encodeInto(text, new Uint8Array(max)).read);
}

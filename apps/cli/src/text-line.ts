import type { Event, EventLevel } from "@muniment/shared/events.ts";
import { printable } from "./send/report.ts";

const longestLine = 2000;

/** SGR parameters (ECMA-48): dim, none, yellow, red, white on red. */
const colours: Record<EventLevel, string> = {
  debug: "2",
  info: "0",
  warn: "33",
  error: "31",
  critical: "97;41",
};

const paint = (parameters: string, text: string) => `\u001b[${parameters}m${text}\u001b[0m`;

/** An event for people: time, level, type, subject, and the message or else the properties. */
export function textLine(event: Event, coloured = false): string {
  const { occurredAt, level, type, subject, message, props } = event;
  const rest = message ?? (Object.keys(props).length > 0 ? JSON.stringify(props) : "");
  const name = level.padEnd("critical".length);
  const words = [type, subject ?? "", rest].filter(Boolean).join("  ");
  const said = printable(words.trimEnd(), longestLine - occurredAt.length - name.length - 4);
  if (!coloured) return `${occurredAt}  ${name}  ${said}`.trimEnd();
  return `${paint("2", occurredAt)}  ${paint(colours[level], name)}  ${said}`;
}

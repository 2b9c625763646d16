import { isIP } from "node:net";
import type { EventLevel } from "@muniment/shared/events.ts";
import { parseAccessLine } from "./apache-access.ts";
import { cut, type Props, type Reading } from "./event.ts";
import { instant, type TimeOptions } from "./line-time.ts";

// ngx_log.c: "2026/11/21 08:00:00 [error] 1234#5678: *9 message, client: …, server: …, request: \"…\"".
const errorLine =
  /^(?<year>\d{4})\/(?<month>\d\d)\/(?<day>\d\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) \[(?<severity>[a-z]+)\] (?<pid>\d+)#(?<tid>\d+): (?:\*(?<connection>\d+) )?(?<message>.*)$/s;
// The request's parts come last; nginx writes a quote in them as it is, so only their names part them.
const part =
  /, (client|server|request|upstream|host|referrer): (?:"(.*?)"|([^,]*))(?=, [a-z]+: |$)/gs;
/** So that no line, whatever is in it, takes long. */
const partsLength = 4096;
const requestLine = /^(?<method>[A-Z]+) (?<path>\S+)(?: (?<protocol>HTTP\/[\d.]+))?$/;

const levels: Record<string, EventLevel> = {
  debug: "debug",
  info: "info",
  notice: "info",
  warn: "warn",
  error: "error",
  crit: "critical",
  alert: "critical",
  emerg: "critical",
};

/**
 * Reads one line of nginx: its error log, or an access log in the combined form. Every line gives a
 * reading: what is neither is `nginx.other`.
 */
export function parseNginx(text: string, options: TimeOptions): Reading {
  const reading = parseErrorLine(text, options) ?? parseAccessLine(text, "nginx.access");
  return reading ?? { type: "nginx.other", level: "info", props: {} };
}

function parseErrorLine(text: string, options: TimeOptions): Reading | undefined {
  const groups = errorLine.exec(text)?.groups;
  const level = levels[groups?.severity ?? ""];
  if (!groups || !level) return undefined;
  const props: Props = { pid: Number(groups.pid), tid: Number(groups.tid) };
  if (groups.connection) props.connection = Number(groups.connection);
  for (const [, name = "", quoted, bare] of (groups.message ?? "")
    .slice(-partsLength)
    .matchAll(part)) {
    addPart(props, name, quoted ?? bare ?? "");
  }
  const reading: Reading = { type: "nginx.error", level, props };
  const time = (name: string) => Number(groups[name]);
  const occurredAt = instant(
    {
      year: time("year"),
      month: time("month") - 1,
      day: time("day"),
      hour: time("hour"),
      minute: time("minute"),
      second: time("second"),
    },
    options,
  );
  if (occurredAt !== undefined) reading.occurredAt = occurredAt;
  return reading;
}

function addPart(props: Props, name: string, value: string): void {
  if (name === "client") {
    if (isIP(value)) props.address = value;
    else props.remoteHost = cut(value, 256);
    return;
  }
  const parts = name === "request" ? requestLine.exec(value)?.groups : undefined;
  if (!parts) props[name] = cut(value, 1024);
  for (const [key, text] of Object.entries(parts ?? {})) {
    if (text !== undefined) props[key] = cut(text, 1024);
  }
}

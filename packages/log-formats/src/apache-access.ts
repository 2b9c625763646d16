import { isIP } from "node:net";
import type { EventLevel } from "@muniment/shared/events.ts";
import { cut, type Props, type Reading } from "./event.ts";
import { instant, monthOf } from "./line-time.ts";

// Apache writes a quote inside a field as \", so the fields cannot be forged from within.
const quoted = (name: string) => String.raw`"(?<${name}>(?:[^"\\]|\\.)*)"`;
const accessLine = new RegExp(
  String.raw`^(?<client>\S+) \S+ (?<user>.+?) \[(?<day>\d\d)/(?<month>[A-Z][a-z]{2})/(?<year>\d{4}):(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<zone>[+-]\d{4})\] ${quoted("request")} (?<status>\d{3}) (?<bytes>\d+|-)(?: ${quoted("referrer")} ${quoted("userAgent")})?`,
  "s",
);
const requestLine = /^(?<method>[A-Z]+) (?<path>\S+) (?<protocol>HTTP\/[\d.]+)$/;

/**
 * Reads a line of an access log in the common or combined form, which Apache and nginx share, or
 * nothing when it is none.
 */
export function parseAccessLine(text: string, type = "apache.access"): Reading | undefined {
  const groups = accessLine.exec(text)?.groups;
  if (!groups) return undefined;
  const { client = "", user = "-", request = "", bytes, referrer = "-", userAgent = "-" } = groups;
  const status = Number(groups.status);
  const props: Props = isIP(client) ? { address: client } : { remoteHost: cut(client, 256) };
  props.status = status;
  if (bytes !== "-") props.bytes = Number(bytes);
  if (user !== "-") props.user = cut(user, 256);
  if (referrer !== "-") props.referrer = cut(referrer, 512);
  if (userAgent !== "-") props.userAgent = cut(userAgent, 512);
  const parts = requestLine.exec(request)?.groups;
  if (!parts) props.request = cut(request, 1024);
  for (const [name, value = ""] of Object.entries(parts ?? {})) props[name] = cut(value, 1024);
  const reading: Reading = { type, level: levelOf(status), props };
  const occurredAt = timeOf(groups);
  if (occurredAt !== undefined) reading.occurredAt = occurredAt;
  return reading;
}

function levelOf(status: number): EventLevel {
  if (status >= 500) return "error";
  return status >= 400 ? "warn" : "info";
}

function timeOf(groups: Record<string, string | undefined>) {
  const { year, month = "", day, hour, minute, second, zone = "+0000" } = groups;
  const sign = zone.startsWith("-") ? -1 : 1;
  const offsetMinutes = sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)));
  const written = {
    year: Number(year),
    month: monthOf(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  };
  return instant(written, { offsetMinutes, reference: 0 });
}

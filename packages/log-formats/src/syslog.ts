import type { EventLevel } from "@muniment/shared/events.ts";
import { cut, type Props, type Reading } from "./event.ts";
import type { TimeOptions } from "./line-time.ts";
import { parseSyslogLine } from "./syslog-header.ts";

// RFC 5424, section 6: "<165>1 2003-08-24T05:14:15.000003-07:00 host app procid msgid [id a=\"b\"] text".
const line =
  /^<(?<priority>\d{1,3})>1 (?<time>\S+) (?<host>\S+) (?<app>\S+) (?<procid>\S+) (?<msgid>\S+) (?<data>-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: (?<text>.*))?$/s;
const element = /\[([^\s=\]"[]+)((?: [^\s=\]"]+="(?:[^"\\]|\\.)*")*)\]/gs;
const parameter = / ([^\s=\]"]+)="((?:[^"\\]|\\.)*)"/gs;
// Also the form of RFC 3164, behind its priority.
const priority = /^<(?<priority>\d{1,3})>(?<rest>.*)$/s;

const facilities =
  "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7".split(
    " ",
  );

/** The level of a syslog severity, 0 to 7 (RFC 5424, table 2). */
export function levelOfSeverity(severity: number): EventLevel {
  if (severity <= 2) return "critical";
  if (severity === 3) return "error";
  if (severity === 4) return "warn";
  return severity === 7 ? "debug" : "info";
}

/** `syslog.<program>`, as far as the program's name can be a type's. */
export function programType(prefix: string, program: string | undefined): string {
  const name = (program ?? "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .slice(0, 64);
  return `${prefix}.${name.replaceAll(/^-+|-+$/g, "") || "other"}`;
}

/**
 * Reads one line of syslog: RFC 5424, else RFC 3164 as files have it, with or without a priority.
 * Every line gives a reading: what is neither is `syslog.other`.
 */
export function parseSyslog(text: string, options: TimeOptions): Reading {
  const groups = line.exec(text)?.groups;
  if (groups) return readModern(groups);
  const prioritised = priority.exec(text)?.groups;
  return readOld(prioritised?.rest ?? text, options, prioritised?.priority);
}

function readModern(groups: Record<string, string | undefined>): Reading {
  const props: Props = {};
  const code = addPriority(props, groups.priority);
  const given = (name: string) => (groups[name] === "-" ? undefined : groups[name]);
  const [host, app, procid, msgid] = [given("host"), given("app"), given("procid"), given("msgid")];
  if (host) props.host = cut(host, 256);
  if (app) props.program = cut(app, 256);
  if (procid) props.pid = /^\d{1,10}$/.test(procid) ? Number(procid) : cut(procid, 256);
  if (msgid) props.messageId = cut(msgid, 256);
  const data = groups.data === "-" ? undefined : readData(groups.data ?? "");
  if (data) props.data = data;
  const reading: Reading = {
    type: programType("syslog", app),
    level: levelOfSeverity(code % 8),
    message: (groups.text ?? "").replace(/^\ufeff/, ""),
    props,
  };
  const time = Date.parse(groups.time ?? "");
  if (!Number.isNaN(time)) reading.occurredAt = time;
  return reading;
}

function addPriority(props: Props, text = ""): number {
  const code = Number(text);
  const facility = facilities[Math.floor(code / 8)];
  if (facility !== undefined) props.facility = facility;
  return code;
}

/** The structured data by element and name; a name that stands twice is a list. */
function readData(text: string): Props {
  const data = new Map<string, Props>();
  for (const [, id = "", parameters = ""] of text.matchAll(element)) {
    const values = new Map<string, string | string[]>();
    for (const [, name = "", raw = ""] of parameters.matchAll(parameter)) {
      const value = raw.replaceAll(/\\(["\\\]])/g, "$1");
      const before = values.get(name);
      values.set(name, before === undefined ? value : [before, value].flat());
    }
    data.set(id, Object.fromEntries(values));
  }
  return Object.fromEntries(data);
}

function readOld(text: string, options: TimeOptions, code: string | undefined): Reading {
  const read = parseSyslogLine(text, options);
  const props: Props = {};
  const level = code === undefined ? "info" : levelOfSeverity(addPriority(props, code) % 8);
  if (!read) return { type: "syslog.other", level, props };
  props.host = cut(read.host, 256);
  props.program = cut(read.program, 256);
  if (read.pid !== undefined) props.pid = read.pid;
  const type = programType("syslog", read.program);
  const reading: Reading = { type, level, message: read.message, props };
  if (read.occurredAt !== undefined) reading.occurredAt = read.occurredAt;
  return reading;
}

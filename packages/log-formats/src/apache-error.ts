import { isIP } from "node:net";
import type { EventLevel } from "@muniment/shared/events.ts";
import { cut, type Props, type Reading } from "./event.ts";
import { instant, monthOf, type TimeOptions } from "./line-time.ts";

// "[Sun Dec 04 04:47:44 2005] [error] [client 192.0.2.1] message"; 2.4 adds the fraction of a second,
// the module before the level, the process, an error number of the system, and a port.
const errorLine =
  /^\[[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))? (?<year>\d{4})\] \[(?:(?<module>\w*):)?(?<level>\w+)\] (?:\[pid (?<pid>\d+)(?::tid \d+)?\] )?(?:\((?<errno>\d+)\)[^:]*: )?(?:\[client (?<client>\[[^\]]*\]:\d+|[^\]]*)\] )?(?:(?<code>AH\d{5}): )?(?<message>.*)$/s;

const levels: Record<string, EventLevel> = {
  emerg: "critical",
  alert: "critical",
  crit: "critical",
  error: "error",
  warn: "warn",
  notice: "info",
  info: "info",
  debug: "debug",
};

const shapes: readonly (readonly [type: string, pattern: RegExp])[] = [
  [
    "apache.jk.child_found",
    /^jk2_init\(\) Found child (?<child>\d+) in scoreboard slot (?<slot>\d+)/,
  ],
  ["apache.jk.child_missing", /^jk2_init\(\) Can't find child (?<child>\d+) in scoreboard/],
  ["apache.jk.child_started", /^mod_jk child init (?<child>\d+) (?<slot>-?\d+)/],
  ["apache.jk.worker_ready", /^workerEnv\.init\(\) ok (?<path>.*)$/s],
  ["apache.jk.worker_failed", /^mod_jk child workerEnv in error state (?<state>\d+)/],
  ["apache.directory_index_forbidden", /^Directory index forbidden by rule: (?<path>.*)$/s],
  ["apache.directory_index_forbidden", /^Cannot serve directory (?<path>[^:]*): /],
  ["apache.file_missing", /^File does not exist: (?<path>.*)$/s],
  ["apache.client_denied", /^client denied by server configuration: (?<path>.*)$/s],
  ["apache.login.failed", /^user (?<user>.*): authentication failure for "(?<path>.*)": /s],
  ["apache.login.failed", /^user (?<user>.*) not found: (?<path>.*)$/s],
  ["apache.server.started", / configured -- resuming normal operations$/],
  ["apache.server.stopped", /^caught SIG\w+, shutting down/],
];
const numbers = new Set(["child", "slot", "state"]);

/** Reads a line of the error log, or nothing when it is none. Its type says which known message. */
export function parseErrorLine(text: string, options: TimeOptions): Reading | undefined {
  const groups = errorLine.exec(text)?.groups;
  if (!groups) return undefined;
  const { module, pid, errno, client, code, level = "", message = "" } = groups;
  const props: Props = { severity: level };
  if (module) props.module = module;
  if (pid !== undefined) props.pid = Number(pid);
  if (errno !== undefined) props.errno = Number(errno);
  if (code !== undefined) props.code = code;
  if (client !== undefined) Object.assign(props, clientOf(client));
  const reading: Reading = {
    type: readMessage(message, props),
    level: levels[level] ?? (level.startsWith("trace") ? "debug" : "info"),
    props,
  };
  const occurredAt = timeOf(groups, options);
  if (occurredAt !== undefined) reading.occurredAt = occurredAt;
  return reading;
}

function readMessage(message: string, props: Props): string {
  for (const [type, pattern] of shapes) {
    const match = pattern.exec(message);
    if (!match) continue;
    for (const [name, value = ""] of Object.entries(match.groups ?? {})) {
      props[name] = numbers.has(name) ? Number(value) : cut(value, 1024);
    }
    return type;
  }
  return "apache.error_log";
}

/** "192.0.2.1", "192.0.2.1:5123" or "[2001:db8::1]:5123". */
function clientOf(client: string): Props {
  if (isIP(client)) return { address: client };
  const [, address = "", port] = /^\[?(.*?)\]?:(\d{1,5})$/s.exec(client) ?? [];
  return isIP(address) ? { address, port: Number(port) } : { remoteHost: cut(client, 256) };
}

function timeOf(groups: Record<string, string | undefined>, options: TimeOptions) {
  const { year, month = "", day, hour, minute, second, fraction = "0" } = groups;
  const written = {
    year: Number(year),
    month: monthOf(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: Math.floor(Number(`0.${fraction}`) * 1000),
  };
  return instant(written, options);
}

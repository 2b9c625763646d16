import { instant, monthOf, type TimeOptions } from "./line-time.ts";

export type SyslogLine = {
  occurredAt: number | undefined;
  host: string;
  program: string;
  pid: number | undefined;
  message: string;
};

// RFC 3164: "Dec 10 06:55:46 host sshd[24200]: ", and the RFC 3339 time that newer rsyslog writes.
const header =
  /^(?:(?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)|(?<full>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))) (?<host>\S+) (?<program>[^\s:[]+)(?:\[(?<pid>\d+)\])?: (?<message>.*)$/s;

/** The parts of a syslog line, or undefined when it is none. */
export function parseSyslogLine(text: string, options: TimeOptions): SyslogLine | undefined {
  const groups = header.exec(text)?.groups;
  if (!groups) return undefined;
  const { full, host = "", program = "", pid, message = "" } = groups;
  return {
    occurredAt: full === undefined ? timeOf(groups, options) : finite(Date.parse(full)),
    host,
    program,
    pid: pid === undefined ? undefined : Number(pid),
    message,
  };
}

function timeOf(groups: Record<string, string | undefined>, options: TimeOptions) {
  const { month = "", day, hour, minute, second } = groups;
  const written = {
    month: monthOf(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  };
  return instant(written, options);
}

function finite(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : time;
}

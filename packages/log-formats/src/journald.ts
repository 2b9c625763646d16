import { cut, type Props, type Reading } from "./event.ts";
import { levelOfSeverity, programType } from "./syslog.ts";

type Fields = Record<string, unknown>;

/** Fields that have a name of their own in the props; the others stand in `props.journal`. */
const named: Record<string, string> = {
  _HOSTNAME: "host",
  _PID: "pid",
  _SYSTEMD_UNIT: "unit",
  _UID: "uid",
  _EXE: "exe",
  _TRANSPORT: "transport",
};
const told = new Set(["MESSAGE", "PRIORITY", "__REALTIME_TIMESTAMP", ...Object.keys(named)]);
const numbers = new Set(["pid", "uid"]);

/**
 * Reads one line of `journalctl -o json` (https://systemd.io/JOURNAL_EXPORT_FORMATS). Every line gives
 * a reading: what is none of it is `journald.other`.
 */
export function parseJournald(text: string): Reading {
  const fields = parse(text);
  if (!fields) return { type: "journald.other", level: "info", props: {} };
  const program = firstText(fields.SYSLOG_IDENTIFIER) ?? firstText(fields._COMM);
  const props: Props = {};
  if (program !== undefined) props.program = cut(program, 256);
  for (const [field, name] of Object.entries(named)) {
    const value = firstText(fields[field]);
    if (value !== undefined) props[name] = numbers.has(name) ? numberOr(value) : value;
  }
  const rest = Object.entries(fields).filter(([field]) => !told.has(field));
  props.journal = Object.fromEntries(rest) as Props;
  const message = messageOf(fields.MESSAGE);
  if (message === undefined) props.journal.MESSAGE = fields.MESSAGE as string[];
  const severity = firstText(fields.PRIORITY) ?? "6";
  const reading: Reading = {
    type: programType("journald", program),
    level: /^[0-7]$/.test(severity) ? levelOfSeverity(Number(severity)) : "info",
    message: message ?? "",
    props,
  };
  const microseconds = firstText(fields.__REALTIME_TIMESTAMP) ?? "";
  if (/^\d{1,17}$/.test(microseconds)) {
    reading.occurredAt = Math.floor(Number(microseconds) / 1000);
    if (!microseconds.endsWith("000")) props.microseconds = microseconds;
  }
  return reading;
}

function parse(text: string): Fields | undefined {
  try {
    const value = JSON.parse(text);
    const isEntry = typeof value === "object" && value !== null && "__REALTIME_TIMESTAMP" in value;
    return isEntry ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A field that stands more than once is a list. */
function firstText(value: unknown): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first : undefined;
}

const numberOr = (text: string) => (/^\d{1,10}$/.test(text) ? Number(text) : text);

/** The message; one that is not text is a list of its bytes, which may be UTF-8 all the same. */
function messageOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value) && value.every((byte) => Number.isInteger(byte))) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(value as number[]));
    } catch {
      return undefined;
    }
  }
  return firstText(value);
}

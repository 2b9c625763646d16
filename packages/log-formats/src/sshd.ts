import { isIP } from "node:net";
import { cut, type Props, type Reading } from "./event.ts";
import type { TimeOptions } from "./line-time.ts";
import type { MessageShape } from "./message-shape.ts";
import { connectionShapes } from "./sshd-connections.ts";
import { loginShapes } from "./sshd-logins.ts";
import { parseSyslogLine } from "./syslog-header.ts";

const shapes: readonly MessageShape[] = [...loginShapes, ...connectionShapes];
const numbers = new Set(["port", "code", "failures", "maxFailures", "listenPort", "signal"]);
const copyLength = 256;

/**
 * Reads one line of an OpenSSH server's syslog. Every line gives a reading: what is not recognised
 * is `ssh.other`. `address` is always an IP address; a name in its place is `remoteHost`.
 */
export function parseSshd(text: string, options: TimeOptions): Reading {
  const line = parseSyslogLine(text, options);
  if (!line) return { type: "ssh.other", level: "info", props: {} };
  const said = readMessage(line.message);
  const props: Props = { host: cut(line.host, copyLength) };
  if (line.pid !== undefined) props.pid = line.pid;
  if (line.program !== "sshd") props.program = cut(line.program, copyLength);
  const reading: Reading = { ...said, props: Object.assign(props, said.props) };
  if (line.occurredAt !== undefined) reading.occurredAt = line.occurredAt;
  return reading;
}

type Said = { type: string; level: Reading["level"]; props: Props };

const repeated = /^message repeated (\d+) times: \[ ?(.*)\]$/s;

function readMessage(message: string): Said {
  const repetition = message.startsWith("message repeated ") ? repeated.exec(message) : null;
  if (!repetition) return readOnce(message);
  const said = readOnce(repetition[2] ?? "");
  said.props.repeated = Number(repetition[1]);
  return said;
}

function readOnce(message: string): Said {
  const preauth = message.endsWith(" [preauth]");
  const failed = message.startsWith("error: ") || message.startsWith("fatal: ");
  const core = message.slice(failed ? 7 : 0, preauth ? -10 : undefined);
  const props: Props = preauth ? { preauth: true } : {};
  for (const { type, level, pattern } of shapes) {
    const match = pattern.exec(core);
    if (!match) continue;
    if (match.groups) addProps(props, match.groups);
    return { type, level: failed ? "error" : level, props };
  }
  return { type: "ssh.other", level: failed ? "error" : "info", props };
}

function addProps(props: Props, groups: Record<string, string | undefined>) {
  for (const [name, value] of Object.entries(groups)) {
    if (name === "invalid") props.invalidUser = value !== undefined;
    else if (value === undefined) continue;
    else if (numbers.has(name)) props[name] = Number(value);
    else if (name !== "address") props[name] = cut(value, copyLength);
    else if (isIP(value)) props.address = value;
    else if (value !== "") props.remoteHost = cut(value, copyLength);
  }
}

import { expect, test } from "vitest";
import { parseJournald } from "./journald.ts";

const entry = {
  __CURSOR: "s=1;i=2",
  __REALTIME_TIMESTAMP: "1795248000123456",
  PRIORITY: "4",
  SYSLOG_IDENTIFIER: "sshd",
  _HOSTNAME: "web-1",
  _PID: "4242",
  _UID: "0",
  _SYSTEMD_UNIT: "ssh.service",
  MESSAGE: "Invalid user ada from 192.0.2.7 port 4000",
};
const parse = (changed: object = {}) => parseJournald(JSON.stringify({ ...entry, ...changed }));

test("an entry is its message, with its usual fields by name and all others as they are", () => {
  expect(parse()).toEqual({
    type: "journald.sshd",
    level: "warn",
    occurredAt: 1795248000123,
    message: "Invalid user ada from 192.0.2.7 port 4000",
    props: {
      program: "sshd",
      host: "web-1",
      pid: 4242,
      uid: 0,
      unit: "ssh.service",
      microseconds: "1795248000123456",
      journal: { __CURSOR: "s=1;i=2", SYSLOG_IDENTIFIER: "sshd" },
    },
  });
});

test.each([
  [{ MESSAGE: [104, 195, 164] }, "hä"],
  [{ MESSAGE: null }, ""],
  [{ MESSAGE: ["first", "second"] }, "first"],
])("a message may come as %j", (changed, message) => {
  expect(parse(changed).message).toBe(message);
});

test("a message of bytes that are no text stays as it is", () => {
  const { message, props } = parse({ MESSAGE: [255, 254] });
  expect([message, props.journal]).toMatchObject(["", { MESSAGE: [255, 254] }]);
});

test.each([
  [{ SYSLOG_IDENTIFIER: undefined, _COMM: "Weird Name!" }, "journald.weird-name"],
  [{ SYSLOG_IDENTIFIER: "(sd-pam)" }, "journald.sd-pam"],
  [{ SYSLOG_IDENTIFIER: undefined }, "journald.other"],
])("its type is what logged it: %j", (changed, type) => {
  expect(parse(changed).type).toBe(type);
});

test.each(["", "[]", "{}", "no JSON", '{"MESSAGE":"x"}'])("%j is no entry", (line) => {
  expect(parseJournald(line)).toEqual({ type: "journald.other", level: "info", props: {} });
});

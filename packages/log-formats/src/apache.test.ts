import { expect, test } from "vitest";
import { leastTime } from "../../../test/least-time.ts";
import { parseApache } from "./apache.ts";
import type { Props } from "./event.ts";

const options = { offsetMinutes: 60, reference: 0 };
const old = "[Mon Mar 03 05:12:44 2025]";
const address = "192.0.2.1";

const errors: [line: string, type: string, level: string, props: Props][] = [
  [
    "[notice] jk2_init() Found child 6725 in scoreboard slot 10",
    "apache.jk.child_found",
    "info",
    { severity: "notice", child: 6725, slot: 10 },
  ],
  [
    "[error] jk2_init() Can't find child 6731 in scoreboard",
    "apache.jk.child_missing",
    "error",
    { severity: "error", child: 6731 },
  ],
  [
    "[error] mod_jk child init 1 -2",
    "apache.jk.child_started",
    "error",
    { severity: "error", child: 1, slot: -2 },
  ],
  [
    "[notice] workerEnv.init() ok /etc/workers2.properties",
    "apache.jk.worker_ready",
    "info",
    { severity: "notice", path: "/etc/workers2.properties" },
  ],
  [
    "[error] mod_jk child workerEnv in error state 6",
    "apache.jk.worker_failed",
    "error",
    { severity: "error", state: 6 },
  ],
  [
    "[error] [client 192.0.2.1] Directory index forbidden by rule: /var/www/",
    "apache.directory_index_forbidden",
    "error",
    { severity: "error", address, path: "/var/www/" },
  ],
  [
    "[error] [client 192.0.2.1] File does not exist: /var/www/x]y",
    "apache.file_missing",
    "error",
    { severity: "error", address, path: "/var/www/x]y" },
  ],
  [
    "[core:error] [pid 7:tid 9] (13)Permission denied: [client [2001:db8::1]:5123] AH00035: access to / denied",
    "apache.error_log",
    "error",
    {
      severity: "error",
      module: "core",
      pid: 7,
      errno: 13,
      code: "AH00035",
      address: "2001:db8::1",
      port: 5123,
    },
  ],
  [
    "[ssl:trace3] [pid 7] [client 192.0.2.1:5123] a",
    "apache.error_log",
    "debug",
    { severity: "trace3", module: "ssl", pid: 7, address, port: 5123 },
  ],
  [
    "[crit] [client 192.0.2.11x] a",
    "apache.error_log",
    "critical",
    { severity: "crit", remoteHost: "192.0.2.11x" },
  ],
  [
    '[error] [client 192.0.2.1] user bob: authentication failure for "/a": Password Mismatch',
    "apache.login.failed",
    "error",
    { severity: "error", address, user: "bob", path: "/a" },
  ],
  [
    "[error] [client 192.0.2.1] user bob not found: /a",
    "apache.login.failed",
    "error",
    { severity: "error", address, user: "bob", path: "/a" },
  ],
  [
    "[error] [client 192.0.2.1] client denied by server configuration: /a",
    "apache.client_denied",
    "error",
    { severity: "error", address, path: "/a" },
  ],
  [
    "[notice] Apache/2.2 configured -- resuming normal operations",
    "apache.server.started",
    "info",
    { severity: "notice" },
  ],
  [
    "[notice] caught SIGTERM, shutting down",
    "apache.server.stopped",
    "info",
    { severity: "notice" },
  ],
];

test.each(errors)("error log: %s", (line, type, level, props) => {
  expect(parseApache(`${old} ${line}`, options)).toEqual({
    type,
    level,
    props,
    occurredAt: Date.UTC(2025, 2, 3, 4, 12, 44),
  });
});

test("the fraction of a second of the newer error log counts to the millisecond", () => {
  const line = "[Mon Mar 03 05:12:44.902922 2025] [core:notice] [pid 7] a";
  expect(parseApache(line, options).occurredAt).toBe(Date.UTC(2025, 2, 3, 4, 12, 44, 902));
});

test("access log, combined", () => {
  const line = String.raw`192.0.2.1 - alice [03/Mar/2025:05:45:36 -0130] "GET /a?b=1 HTTP/1.1" 200 5120 "https://www.example.org/" "A \"quoted\" agent"`;
  expect(parseApache(line, options)).toEqual({
    type: "apache.access",
    level: "info",
    occurredAt: Date.UTC(2025, 2, 3, 7, 15, 36),
    props: {
      address,
      user: "alice",
      status: 200,
      bytes: 5120,
      method: "GET",
      path: "/a?b=1",
      protocol: "HTTP/1.1",
      referrer: "https://www.example.org/",
      userAgent: String.raw`A \"quoted\" agent`,
    },
  });
});

test("access log, common, with a request that is none and no body", () => {
  const line = String.raw`host.example.net - - [03/Mar/2025:05:45:36 +0000] "\x16\x03" 400 -`;
  expect(parseApache(line, options)).toMatchObject({
    type: "apache.access",
    level: "warn",
    props: { remoteHost: "host.example.net", status: 400, request: String.raw`\x16\x03` },
  });
});

test("a user name in the access log cannot pass for a request", () => {
  const name = String.raw`x [01/Jan/2024:00:00:00 +0000] \"GET /forged HTTP/1.1\" 200 1`;
  const line = `192.0.2.1 - ${name} [03/Mar/2025:05:45:36 +0000] "GET /real HTTP/1.1" 503 9`;
  expect(parseApache(line, options)).toMatchObject({
    level: "error",
    props: { path: "/real", status: 503, user: name },
  });
});

test.each(["", "a stack trace's second line", "[not] [a] date"])(
  "'%s' is kept as something else",
  (line) => {
    expect(parseApache(line, options)).toEqual({ type: "apache.other", level: "info", props: {} });
  },
);

test("no line, however hostile, takes long to read", async () => {
  const repeat = (text: string) => text.repeat(Math.floor(32_000 / text.length));
  const hostile = [
    `192.0.2.1 - ${repeat(' [01/Jan/2024:00:00:00 +0000] "')}`,
    `192.0.2.1 - - [01/Jan/2024:00:00:00 +0000] "${repeat("\\")}`,
    `${old} [error] user ${repeat(': authentication failure for "')}`,
    `${old} [error] [client ${repeat("[")}`,
  ];
  const parseAll = () => hostile.map((line) => parseApache(line, options));
  expect(await leastTime(2000, parseAll)).toBeLessThan(2000);
});

import { expect, test } from "vitest";
import { leastTime } from "../../../test/least-time.ts";
import { parseNginx } from "./nginx.ts";

const options = { offsetMinutes: 60, reference: 0 };
const parse = (text: string) => parseNginx(text, options);

test("an access line in the combined form, as nginx writes it by default", () => {
  const line = String.raw`192.0.2.7 - ada [21/Nov/2026:08:00:00 +0100] "GET /a?b=\x22c HTTP/2.0" 499 0 "-" "curl/8.5.0"`;
  expect(parse(line)).toEqual({
    type: "nginx.access",
    level: "warn",
    occurredAt: Date.UTC(2026, 10, 21, 7),
    props: {
      address: "192.0.2.7",
      status: 499,
      bytes: 0,
      user: "ada",
      userAgent: "curl/8.5.0",
      method: "GET",
      path: String.raw`/a?b=\x22c`,
      protocol: "HTTP/2.0",
    },
  });
});

test("bytes that are no request, as scanners send them", () => {
  const line = String.raw`2001:db8::1 - - [21/Nov/2026:08:00:00 +0000] "\x16\x03\x01" 400 157 "-" "-"`;
  expect(parse(line)).toMatchObject({
    type: "nginx.access",
    props: { address: "2001:db8::1", request: String.raw`\x16\x03\x01`, status: 400 },
  });
});

test("an error of a request, with whom and what it is about", () => {
  const line =
    '2026/11/21 08:00:00 [error] 1234#5678: *9 open() "/srv/x" failed (2: No such file or directory), client: 192.0.2.7, server: example.org, request: "GET /x HTTP/1.1", host: "example.org", referrer: "https://example.org/"';
  expect(parse(line)).toEqual({
    type: "nginx.error",
    level: "error",
    occurredAt: Date.UTC(2026, 10, 21, 7),
    props: {
      pid: 1234,
      tid: 5678,
      connection: 9,
      address: "192.0.2.7",
      server: "example.org",
      method: "GET",
      path: "/x",
      protocol: "HTTP/1.1",
      host: "example.org",
      referrer: "https://example.org/",
    },
  });
});

test.each([
  ["2026/11/21 08:00:00 [emerg] 1#1: bind() to 0.0.0.0:80 failed", "nginx.error", "critical"],
  ["2026/11/21 08:00:00 [notice] 1#1: signal 15 (SIGTERM) received", "nginx.error", "info"],
  ["2026/11/21 08:00:00 [loud] 1#1: no such level", "nginx.other", "info"],
  ["anything else", "nginx.other", "info"],
  ["", "nginx.other", "info"],
])("%s is %s, %s", (line, type, level) => {
  expect(parse(line)).toMatchObject({ type, level });
});

test("a date that is none leaves the time to the line before", () => {
  const reading = parse("2026/02/30 08:00:00 [error] 1#1: x");
  expect(reading.type).toBe("nginx.error");
  expect(reading.occurredAt).toBeUndefined();
});

test("a line made to be slow is not", async () => {
  const line = `2026/11/21 08:00:00 [error] 1#1: ${', client: "'.repeat(3000)}`;
  expect(await leastTime(1000, () => parse(line))).toBeLessThan(1000);
});

import { expect, test } from "vitest";
import { leastTime } from "../../../test/least-time.ts";
import { parseSyslog } from "./syslog.ts";

const options = { offsetMinutes: 0, reference: Date.UTC(2026, 10, 21) };
const parse = (text: string) => parseSyslog(text, options);

// The examples of RFC 5424, section 6.5.
test("a message without structured data", () => {
  const line =
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8";
  expect(parse(line)).toEqual({
    type: "syslog.su",
    level: "critical",
    occurredAt: Date.UTC(2003, 9, 11, 22, 14, 15, 3),
    message: "'su root' failed for lonvick on /dev/pts/8",
    props: {
      facility: "auth",
      host: "mymachine.example.com",
      program: "su",
      messageId: "ID47",
    },
  });
});

test("a time zone, and a process id", () => {
  const line =
    "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.";
  expect(parse(line)).toMatchObject({
    type: "syslog.myproc",
    level: "info",
    occurredAt: Date.UTC(2003, 7, 24, 12, 14, 15),
    props: { facility: "local4", pid: 8710 },
  });
});

test("structured data of several elements, with all that is escaped in it", () => {
  const line = String.raw`<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="a \"b\" \\ \]" iut="4"][examplePriority@32473 class="high"][empty]`;
  expect(parse(line)).toMatchObject({
    message: "",
    props: {
      data: {
        "exampleSDID@32473": { iut: ["3", "4"], eventSource: 'a "b" \\ ]' },
        "examplePriority@32473": { class: "high" },
        empty: {},
      },
    },
  });
});

test("nothing is known but the message", () => {
  const reading = parse("<13>1 - - - - - - hello");
  expect(reading).toEqual({
    type: "syslog.other",
    level: "info",
    message: "hello",
    props: { facility: "user" },
  });
});

test.each([
  ["<13>Nov 20 07:00:00 web-1 CRON[42]: (root) CMD (true)", "user"],
  ["Nov 20 07:00:00 web-1 CRON[42]: (root) CMD (true)", undefined],
])("the old form is read too: %s", (line, facility) => {
  const reading = parse(line);
  expect(reading).toMatchObject({
    type: "syslog.cron",
    occurredAt: Date.UTC(2026, 10, 20, 7),
    message: "(root) CMD (true)",
    props: { host: "web-1", program: "CRON", pid: 42 },
  });
  expect(reading.props.facility).toBe(facility);
});

test.each(["", "hello", "<34>2 x", "<34>1 2003-10-11T22:14:15.003Z host app"])(
  "%j is no syslog, and an event all the same",
  (line) => {
    expect(parse(line)).toMatchObject({ type: "syslog.other" });
  },
);

test.each([
  ["an element that never ends", `<34>1 - - - - - [${"[".repeat(30_000)}`],
  ["elements in one another", `<34>1 - - - - - [${"[a ".repeat(10_000)}] x`],
  ["a value that never ends", `<34>1 - - - - - [a ${'b="'.repeat(10_000)}`],
])("a line made to be slow is not: %s", async (_, line) => {
  expect(await leastTime(1000, () => parse(line))).toBeLessThan(1000);
});

import { existsSync, readFileSync } from "node:fs";
import { eventBounds, eventTypePattern } from "@muniment/shared/events.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateSshdSample } from "../samples/generate-sshd-sample.ts";
import { createLogReader, type LineResult, type LogOptions } from "./format.ts";
import { createLineSplitter, maxLineBytes } from "./lines.ts";

const root = new URL("../../../", import.meta.url);
const samples = new URL("../samples/", import.meta.url);
const sshd: LogOptions = {
  format: "sshd",
  source: "host:/var/log/auth.log",
  offsetMinutes: 0,
  reference: () => Date.UTC(2026, 10, 21),
};

function read(log: string | Uint8Array, options: Partial<LogOptions> = {}): LineResult[] {
  const splitter = createLineSplitter();
  const lines = [...splitter.push(Buffer.from(log as string)), ...splitter.end()];
  return lines.map(createLogReader({ ...sshd, ...options }));
}

function readEvents(log: string | Uint8Array, options: Partial<LogOptions> = {}) {
  return read(log, options).map((result) => {
    if (result.kind !== "event") throw new Error(JSON.stringify(result));
    return JSON.parse(result.json);
  });
}

const idsOf = (events: { id: string }[]) => events.map(({ id }) => id);

describe.each([
  ["sshd", "sshd-2k.log", "sshd-sample.log"],
  ["apache", "apache-error-2k.log", "apache-sample.log"],
] as const)("a whole %s log", (format, real, sample) => {
  // A real log of 2,000 lines that some checkouts have beside them; it is not ours to ship.
  const beside = new URL(`../shared/data/${real}`, root);
  const file = readFileSync(existsSync(beside) ? beside : new URL(sample, samples));
  const events = readEvents(file, { format });

  test("every line becomes an event of a known form", () => {
    const other = format === "sshd" ? "ssh.other" : "apache.other";
    expect(events.length).toBeGreaterThan(10);
    expect(events.filter(({ type }) => type === other)).toEqual([]);
    expect(events.every(({ occurredAt }) => occurredAt)).toBe(true);
  });

  test("the messages, joined, are the file", () => {
    const text = file.toString();
    const ending = text.includes("\r\n") ? "\r\n" : "\n";
    expect(events.map(({ message }) => message).join(ending)).toBe(text.replace(/\r?\n$/, ""));
  });

  test("no two lines share an id, and reading it again gives the same events", () => {
    expect(new Set(idsOf(events)).size).toBe(events.length);
    expect(readEvents(file, { format })).toEqual(events);
  });
});

test("the sample is what its generator writes", () => {
  expect(readFileSync(new URL("sshd-sample.log", samples), "utf8")).toBe(generateSshdSample(13));
});

test("the sample names the addresses that failed most", () => {
  const counts = new Map<string, number>();
  for (const { type, subject } of readEvents(generateSshdSample(13))) {
    if (type === "ssh.login.failed") counts.set(subject, (counts.get(subject) ?? 0) + 1);
  }
  const ranked = [...counts].sort((a, b) => b[1] - a[1]);
  expect(ranked.map(([subject]) => subject)).toEqual([
    "address:192.0.2.77",
    "address:203.0.113.9",
    "address:198.51.100.23",
    "address:198.51.100.140",
  ]);
});

test("identical lines are events of their own, in any later reading the same ones", () => {
  const line = "Mar  3 05:14:21 bastion sshd[1]: Something\n";
  const once = idsOf(readEvents(line));
  const thrice = idsOf(readEvents(line.repeat(3)));
  expect(new Set(thrice).size).toBe(3);
  expect(thrice[0]).toBe(once[0]);
  expect(idsOf(readEvents(line, { source: "other:/var/log/auth.log" }))).not.toEqual(once);
});

test("a line without a time has the time of the line before, and at the start none", () => {
  const events = readEvents("first\nMar  3 05:14:21 bastion sshd[1]: a\nsecond\n");
  expect(events[0]).not.toHaveProperty("occurredAt");
  expect(events[0].id).toMatch(/^00dc6acf-ac00-7/);
  expect(events[2]).toMatchObject({ type: "ssh.other", occurredAt: "2026-03-03T05:14:21.000Z" });
});

test("a line about no address is about the account it names", () => {
  const head = "Mar  3 05:14:21 bastion sshd[1]:";
  const [about] = readEvents(`${head} pam_unix(sshd:session): session closed for user alice`);
  expect(about.subject).toBe("user:alice");
});

test("a line over 4 KiB is whole in the props, and one that cannot be kept whole is refused", () => {
  const long = "é".repeat(3000);
  const [event] = readEvents(long);
  expect(event.message).toBe("é".repeat(2048));
  expect(event.props.line).toBe(long);
  for (const length of [20_000, 40_000, maxLineBytes + 1]) {
    expect(read("é".repeat(length))).toMatchObject([{ kind: "unreadable", reason: "too_long" }]);
  }
});

test("a line that is not text is kept byte for byte", () => {
  const bytes = Buffer.from(
    "Mar  3 05:14:21 bastion sshd[1]: Invalid user \xff\0 from 192.0.2.1",
    "latin1",
  );
  const [event] = readEvents(bytes);
  expect(event).toMatchObject({ type: "ssh.invalid_user", subject: "address:192.0.2.1" });
  expect(Buffer.from(event.props.lineBase64, "base64")).toEqual(bytes);
  expect(event.message).not.toContain("\0");
  const alike = Buffer.concat([bytes, Buffer.from("\n"), bytes]);
  alike[46] = 0xfe;
  expect(new Set(idsOf(readEvents(alike))).size).toBe(2);
});

test("in JSON lines an event's own id wins, and what cannot be read is said with a reason", () => {
  const log = '{"id":"x","type":"a"}\n\n{"type":"a"}\n{"type":"a"}\n{\n"\xff"\n';
  const results = read(Buffer.from(log, "latin1"), { format: "jsonl" });
  const kinds = results.map((result) =>
    result.kind === "unreadable" ? result.reason : result.kind,
  );
  expect(kinds).toEqual(["event", "blank", "event", "event", "not_json", "not_text"]);
  const ids = results.flatMap((it) => (it.kind === "event" ? [JSON.parse(it.json).id] : []));
  expect(ids[0]).toBe("x");
  expect(ids[1]).toMatch(/^00dc6acf-ac00-7/);
  expect(new Set(ids).size).toBe(3);
});

describe("whatever a file holds", () => {
  const head = fc.constantFrom(
    "",
    "Mar  3 05:14:21 bastion sshd[1]: ",
    "Mar  3 05:14:21 bastion sshd[1]: Failed password for ",
    "Feb 29 00:00:00 bastion sshd[1]: Invalid user ",
    "[Mon Mar 03 05:12:44 2025] [error] [client ",
    '192.0.2.1 - - [03/Mar/2025:05:45:36 +0000] "',
    '{"type":"a","message":"',
  );
  const tail = fc.constantFrom("", " from 192.0.2.1 port 1 ssh2", "] x", '" 200 1', '"}');
  const content = fc.oneof(
    fc.string({ unit: "binary", maxLength: 5000 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
  );
  const file = fc
    .tuple(head, content, tail)
    .map(([start, middle, end]) => Buffer.concat([Buffer.from(start), middle, Buffer.from(end)]));

  test.each(["sshd", "apache"] as const)(
    "as %s every line is an event within the bounds",
    (format) => {
      fc.assert(
        fc.property(file, (log) => {
          const lines =
            log.length === 0 ? 0 : log.toString("latin1").replace(/\n$/, "").split("\n").length;
          const events = readEvents(log, { format });
          expect(events.length).toBe(lines);
          for (const event of events) {
            expect(event.type).toMatch(eventTypePattern);
            expect(Buffer.byteLength(event.message)).toBeLessThanOrEqual(eventBounds.messageBytes);
            expect((event.subject ?? "").length).toBeLessThanOrEqual(eventBounds.subjectLength);
            const props = JSON.stringify(event.props);
            expect(Buffer.byteLength(props)).toBeLessThanOrEqual(eventBounds.propsBytes);
            expect(JSON.stringify(event)).not.toMatch(/\\u0000|\\ud[89a-f]/);
          }
        }),
        { numRuns: 100 },
      );
    },
  );

  test("as JSON lines every line is an event, blank or refused", () => {
    fc.assert(
      fc.property(file, (log) => {
        for (const result of read(log, { format: "jsonl" })) {
          if (result.kind === "event") expect(() => JSON.parse(result.json)).not.toThrow();
          else expect(["blank", "unreadable"]).toContain(result.kind);
        }
      }),
    );
  });
});

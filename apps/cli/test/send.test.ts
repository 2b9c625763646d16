import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { startIngestServer } from "./ingest-server.ts";
import { sample, sampleLines, send, sendForText, sendLines } from "./send.ts";

const folder = mkdtempSync(join(tmpdir(), "muniment-send-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("a log arrives whole, and a second time creates nothing new", async () => {
  await using server = await startIngestServer();
  const first = await send(server, [sample]);
  expect(first.exitCode).toBe(0);
  expect(first.report).toMatchObject({
    file: sample,
    format: "sshd",
    lines: sampleLines,
    sent: sampleLines,
    accepted: sampleLines,
    duplicates: 0,
    rejected: 0,
    unparsed: 0,
    unrecognised: 0,
    notSent: 0,
    addsUp: true,
    batches: Math.ceil(sampleLines / 100),
    retries: 0,
    rejections: [],
    problem: null,
  });
  expect(server.calls.every((ids) => ids.length <= 100)).toBe(true);
  const messages = [...server.stored.values()].map(({ message }) => message);
  expect(messages.toSorted()).toEqual(
    readFileSync(sample, "utf8").trimEnd().split("\n").toSorted(),
  );

  const second = await send(server, [sample]);
  expect(second.exitCode).toBe(0);
  expect(second.report).toMatchObject({ sent: sampleLines, accepted: 0, duplicates: sampleLines });
  expect(server.stored.size).toBe(sampleLines);
});

test("the account for people says the same", async () => {
  await using server = await startIngestServer();
  const { stdout } = await sendForText(server, ["--year", "2026", sample], { format: "sshd" });
  expect(stdout).toContain(
    `sent ${sampleLines} = accepted ${sampleLines} + duplicates 0 + rejected 0\n`,
  );
  expect(stdout).toMatch(/ lines, from 2026-03-03T0\S+Z to 2026-03-03T\S+Z\n/);
});

test("lines that do not have the form of the format are counted, and a wrong --format is told", async () => {
  await using server = await startIngestServer();
  const { exitCode, stdout } = await sendForText(server, [sample], { format: "nginx" });
  expect(exitCode).toBe(0);
  expect(stdout).toContain("None of the lines has the form of nginx");
  expect(stdout).toContain("Is it another --format?");

  const known = readFileSync(sample, "utf8").split("\n", 2).join("\n");
  const stdin = `${known}\n  at a stack trace\n`;
  const { report } = await send(server, ["-"], { stdin });
  expect(report).toMatchObject({ lines: 3, accepted: 3, unrecognised: 1 });
  const other = await sendForText(server, ["-"], { format: "sshd", stdin });
  expect(other.stdout).toContain("1 lines do not have the form of sshd");
  expect(other.stdout).not.toContain("another --format");
});

test("the standard input is read to its end, in chunks of any size", async () => {
  await using server = await startIngestServer();
  const bytes = readFileSync(sample);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 77) }, (_, i) =>
    bytes.subarray(i * 77, i * 77 + 77),
  );
  const { exitCode, report } = await send(server, ["-"], { stdin: Readable.from(chunks) });
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ file: "-", sent: sampleLines, accepted: sampleLines });
});

test("the journal is sent in its export format, also with a message of many lines", async () => {
  await using server = await startIngestServer();
  const entry = (at: number, rest: string) => `__REALTIME_TIMESTAMP=${at}\n_COMM=app\n${rest}\n\n`;
  const size = "\u000b\0\0\0\0\0\0\0";
  const stdin =
    entry(1342540861416409, "MESSAGE=one line") +
    entry(1342540861421465, `MESSAGE\n${size}two\n\nlines.`);
  const { exitCode, report } = await send(server, ["-"], { format: "journald", stdin });
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ lines: 2, sent: 2, accepted: 2, unparsed: 0 });
  const stored = [...server.stored.values()].map(({ type, message }) => [type, message]);
  expect(stored).toEqual([
    ["journald.app", "one line"],
    ["journald.app", "two\n\nlines."],
  ]);
});

test("an empty log is sent without a call", async () => {
  await using server = await startIngestServer();
  const { exitCode, report } = await send(server, [write("empty.log", "")]);
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ lines: 0, sent: 0, batches: 0 });
  expect(server.calls).toEqual([]);
});

test("the same log under another source is other events", async () => {
  await using server = await startIngestServer();
  await send(server, ["--source", "one", sample]);
  const { report } = await send(server, ["--source", "two", sample]);
  expect(report).toMatchObject({ accepted: sampleLines });
  const { report: again } = await send(server, ["--source", "one", sample]);
  expect(again).toMatchObject({ accepted: 0, duplicates: sampleLines });
});

test("a log without years is dated by its last change, or as told", async () => {
  await using server = await startIngestServer();
  const old = write("old.log", "Dec 31 23:00:00 a sshd[1]: a\nJan  1 01:00:00 a sshd[1]: b\n");
  utimesSync(old, 0, Date.UTC(2019, 0, 1, 2) / 1000);
  const byChange = await send(server, [old]);
  expect(byChange.report).toMatchObject({
    from: "2018-12-31T23:00:00.000Z",
    to: "2019-01-01T01:00:00.000Z",
  });
  const told = await send(server, ["--year", "2011", "--timezone", "+02:00", old]);
  expect(told.report).toMatchObject({
    from: "2011-12-31T21:00:00.000Z",
    to: "2011-12-31T23:00:00.000Z",
  });
});

test("a batch stays under a megabyte", async () => {
  const sizes: number[] = [];
  await using server = await startIngestServer((_, events) => {
    sizes.push(JSON.stringify({ events }).length);
    return undefined;
  });
  const wide = `{"type":"a","props":{"n":"${"x".repeat(30_000)}"}}\n`.repeat(70);
  const { report } = await sendLines(server, wide);
  expect(report).toMatchObject({ sent: 70, accepted: 70, batches: 3 });
  expect(Math.max(...sizes)).toBeLessThan(1_000_100);
});

test("rejected and unreadable lines are named with their reasons, and fail the run", async () => {
  await using server = await startIngestServer();
  const log = '{"type":"a"}\n{\n\n{"type":"not allowed"}\n[]\n';
  const { exitCode, report } = await sendLines(server, log);
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({
    lines: 5,
    sent: 2,
    accepted: 1,
    rejected: 1,
    unparsed: 2,
    blank: 1,
  });
  expect(report.rejections).toMatchObject([
    { line: 2, reason: "not_json" },
    { line: 5, reason: "not_an_object" },
    { line: 4, reason: "invalid_type" },
  ]);
  const { stdout } = await sendForText(server, ["-"], { format: "jsonl", stdin: log });
  expect(stdout).toContain("line 4: invalid_type: \ufffd[31mNo such type.");
});

test("events are sent as they were written", async () => {
  let sent = "";
  await using server = await startIngestServer((_, _events, body) => {
    sent = body;
    return undefined;
  });
  const log = '{"id":"mine","type":"a", "message":"\\u0041","props":{"n":9007199254740993}}';
  await sendLines(server, log);
  expect(sent).toBe(`{"events":[${log}]}`);
});

test.each([
  ["nowhere.log", "ENOENT"],
  [".", "is a directory"],
])("a file that cannot be read (%s) is a usage error", async (name, message) => {
  const { exitCode, stdout, stderr } = await send({ url: "http://127.0.0.1:9" }, [
    join(folder, name),
  ]);
  expect(exitCode).toBe(2);
  const problem = expect.stringContaining(message);
  expect(JSON.parse(stdout)).toEqual({ ok: false, problem, exitCode });
  expect(stderr).toContain(message);
});

test("a log that goes back in time is pointed out", async () => {
  await using server = await startIngestServer();
  const log = write("back.log", "Mar  9 05:14:21 a sshd[1]: a\nFeb  1 05:14:21 a sshd[1]: b\n");
  // Where it was written between the two, they are of two years.
  utimesSync(log, 0, Date.UTC(2019, 5, 1) / 1000);
  const { stdout } = await sendForText(server, [log], { format: "sshd" });
  expect(stdout).toContain("Line 2 is dated over a week before the line above it.");
});

test("on a terminal the progress is one line that is wiped away", async () => {
  await using server = await startIngestServer(async () => {
    await new Promise((resolve) => setTimeout(resolve, 600));
    return undefined;
  });
  const { stderr } = await send(server, [sample], { isTTY: true });
  const wipe = "\r\u001b[K";
  const [first, ...shown] = stderr.split(wipe);
  expect([first, shown.pop()]).toEqual(["", ""]);
  expect(shown.length).toBeGreaterThan(0);
  for (const line of shown) {
    expect(line).toMatch(/^\d+ lines read, \d+ sent, 0 rejected, \d+ per second$/);
  }
});

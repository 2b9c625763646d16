import { expect, test } from "vitest";
import { createLogReader } from "./format.ts";
import { createJournalSplitter } from "./journal-export.ts";
import { maxLineBytes } from "./lines.ts";

/** A field as the format has it where its text holds more than one line, or is none. */
function sized(name: string, value: Buffer | string): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(value)));
  return Buffer.concat([Buffer.from(`${name}\n`), size, Buffer.from(value), Buffer.from("\n")]);
}

const bytes = (...parts: (Buffer | string)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

const cursor =
  "s=739ad463348b4ceca5a9e69c95a3c93f;i=4ece7;b=6c7c6013a26343b29e964691ff25d04c;m=4fc72436e;t=4c508a72423d9;x=d3e5610681098c10";

/** Three entries: plain, with a message of two lines and bytes that are no text, and with a repeated field. */
const log = bytes(
  `__CURSOR=${cursor}\n__REALTIME_TIMESTAMP=1342540861416409\n__MONOTONIC_TIMESTAMP=21415215982\n`,
  "_BOOT_ID=6c7c6013a26343b29e964691ff25d04c\n_TRANSPORT=syslog\nPRIORITY=4\nSYSLOG_FACILITY=3\n",
  "SYSLOG_IDENTIFIER=gdm-password]\nSYSLOG_PID=587\nMESSAGE=AccountsService-DEBUG(+): ActUserManager: a = b\n",
  "_PID=587\n_UID=0\n_EXE=/usr/libexec/gdm-session-worker\n_SYSTEMD_UNIT=gdm.service\n\n",
  `__CURSOR=${cursor}\n__REALTIME_TIMESTAMP=1342540861421465\n_PID=42\n`,
  sized("MESSAGE", "first line\nPRIORITY=0\n\nlast line"),
  sized("COREDUMP", Buffer.from([0, 255, 10, 10, 61])),
  "PRIORITY=6\n_COMM=app\n\n",
  `__REALTIME_TIMESTAMP=1342540861421466\n`,
  sized("MESSAGE", ""),
  "_COMM=app\nOBJECT=a\nOBJECT=b\n",
);

function split(content: Buffer, chunk = content.length) {
  const splitter = createJournalSplitter();
  const lines = [];
  for (let at = 0; at < content.length; at += chunk) {
    lines.push(...splitter.push(content.subarray(at, at + chunk)));
  }
  return [...lines, ...splitter.end()];
}

const texts = (content: Buffer, chunk?: number) =>
  split(content, chunk).map((line) => ("text" in line ? line.text : line.bytes));

test("entries become what the JSON of journalctl has, with texts of many lines and bytes that are none", () => {
  const [first, second, third] = texts(log).map((text) => JSON.parse(String(text)));
  expect(first).toMatchObject({
    __CURSOR: cursor,
    __REALTIME_TIMESTAMP: "1342540861416409",
    MESSAGE: "AccountsService-DEBUG(+): ActUserManager: a = b",
    _SYSTEMD_UNIT: "gdm.service",
  });
  expect(second).toEqual({
    __CURSOR: cursor,
    __REALTIME_TIMESTAMP: "1342540861421465",
    _PID: "42",
    MESSAGE: "first line\nPRIORITY=0\n\nlast line",
    COREDUMP: [0, 255, 10, 10, 61],
    PRIORITY: "6",
    _COMM: "app",
  });
  expect(third).toMatchObject({ MESSAGE: "", OBJECT: ["a", "b"] });
});

test("they are the same wherever the bytes are cut", () => {
  const whole = texts(log);
  expect(whole).toHaveLength(3);
  for (const chunk of [1, 2, 7, 64, 65, 66, 500]) expect(texts(log, chunk)).toEqual(whole);
});

test("they are read as journald events", () => {
  const read = createLogReader({
    format: "journald",
    source: "s",
    offsetMinutes: 0,
    reference: Date.now,
  });
  const events = split(log).map((line) => {
    const result = read(line);
    if (result.kind !== "event") throw new Error(result.kind);
    return JSON.parse(result.json);
  });
  expect(events).toMatchObject([
    { type: "journald.gdm-password", level: "warn", occurredAt: "2012-07-17T16:01:01.416Z" },
    {
      message: "first line\nPRIORITY=0\n\nlast line",
      props: { pid: 42, microseconds: "1342540861421465" },
    },
    { message: "", type: "journald.app" },
  ]);
});

test.each([
  ["a sized field", sized("BIG", "x".repeat(maxLineBytes))],
  ["a size that nothing could hold", bytes("BIG\n", Buffer.alloc(8, 255), "x\n")],
  ["a line", bytes(`BIG=${"x".repeat(2 * maxLineBytes)}\n`)],
  ["many fields", bytes(...Array.from({ length: 5 }, () => `BIG=${"x".repeat(60_000)}\n`))],
])("an entry too long by %s is told, and held no longer", (_, big) => {
  const entry = bytes("_PID=1\n", big, "\n");
  const after = bytes("_PID=2\n\n");
  const isEndless = big.length < 100;
  const lines = texts(bytes(entry, after), 1000);
  expect(lines[0]).toBeTypeOf("number");
  expect(lines[0]).toBeGreaterThan(isEndless ? 0 : maxLineBytes);
  expect(lines.slice(1)).toEqual(isEndless ? [] : ['{"_PID":"2"}']);
});

test("what is no field stands for itself, and a torn end as well", () => {
  const content = bytes(
    "_PID=1\n\n",
    "no field\n",
    "_PID=2\n",
    "MESSAGE\n",
    Buffer.from([9, 0, 0]),
  );
  expect(texts(content)).toEqual([
    '{"_PID":"1"}',
    "no field",
    "MESSAGE",
    "\t\ufffd\ufffd",
    '{"_PID":"2"}',
  ]);
});

test("lines of JSON are lines", () => {
  expect(texts(bytes('{"a":1}\n{"b":2}'), 1)).toEqual(['{"a":1}', '{"b":2}']);
  expect(texts(bytes("Jan  1 a plain log\nA=1\n"))).toEqual(["Jan  1 a plain log", "A=1"]);
  expect(texts(Buffer.alloc(0))).toEqual([]);
});

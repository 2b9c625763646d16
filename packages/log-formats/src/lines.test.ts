import fc from "fast-check";
import { expect, test } from "vitest";
import { createLineSplitter, type Line, maxLineBytes } from "./lines.ts";

function split(...chunks: (string | Buffer)[]): Line[] {
  const splitter = createLineSplitter();
  const lines = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk as string)));
  return [...lines, ...splitter.end()];
}

const texts = (lines: Line[]) => lines.map((line) => ("text" in line ? line.text : line.bytes));

test("LF and CRLF end a line, and the last line needs no ending", () => {
  expect(texts(split("a\nb\r\n\nc"))).toEqual(["a", "b", "", "c"]);
  expect(texts(split("a\r\n"))).toEqual(["a"]);
  expect(split("")).toEqual([]);
});

test("a carriage return within a line belongs to the line", () => {
  expect(texts(split("a\rb\r\r\nc\r"))).toEqual(["a\rb\r", "c"]);
});

test("lines are numbered from 1", () => {
  expect(split("a\n\nb").map((line) => line.number)).toEqual([1, 2, 3]);
});

test("however the bytes are cut into chunks, the lines are the same", () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
  const text = fc.string({ unit: fc.constantFrom("a", "\n", "\r", "é", "😀"), maxLength: 60 });
  const whole = fc.oneof(
    bytes,
    text.map((string) => Buffer.from(string)),
  );
  fc.assert(
    fc.property(whole, fc.array(fc.nat(60), { maxLength: 6 }), (file, cuts) => {
      const ends = [...cuts, file.length].sort((a, b) => a - b);
      const chunks = ends.map((end, index) => file.subarray(ends[index - 1] ?? 0, end));
      expect(split(...chunks)).toEqual(split(file));
    }),
  );
});

test("a line that is not text keeps its exact bytes", () => {
  const bytes = Buffer.from([0x61, 0xff, 0x00, 0x62]);
  expect(split(bytes)).toEqual([
    { number: 1, text: "a\ufffd\ufffdb", base64: bytes.toString("base64") },
  ]);
});

test("a line that holds the replacement character itself is text", () => {
  expect(split("a\ufffdb\n")).toEqual([{ number: 1, text: "a\ufffdb" }]);
});

test("a byte order mark at the start of the file is no part of the line", () => {
  expect(texts(split("\ufeffa\n\ufeffb\n"))).toEqual(["a", "\ufeffb"]);
});

test("a line over the bound is counted and not kept, and the next one is whole", () => {
  const long = "x".repeat(maxLineBytes);
  expect(split(long, "y", "y\nnext\n")).toEqual([
    { number: 1, bytes: maxLineBytes + 2 },
    { number: 2, text: "next" },
  ]);
  expect(texts(split(`${long}\n`))).toEqual([long]);
});

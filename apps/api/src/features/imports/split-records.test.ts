import { describe, expect, test } from "vitest";
import { maxRecordBytes, splitRecords } from "./split-records.ts";

function split(format: "ndjson" | "csv", file: Buffer, size: number) {
  const splitter = splitRecords(format, { offset: 0, line: 1 });
  let records: ReturnType<typeof splitter.push> = [];
  for (let at = 0; at < file.length; at += size) {
    records = records.concat(splitter.push(file.subarray(at, at + size)));
  }
  return records
    .concat(splitter.end())
    .map(({ bytes, line, end }) => [
      Buffer.isBuffer(bytes) ? bytes.toString() : { bytes },
      line,
      end,
    ]);
}
const long = "x".repeat(maxRecordBytes + 1);

describe.each([1, 2, 3, 7, 1000, 1_000_000])("a file read %i bytes at a time", (size) => {
  test("is cut at the ends of lines", () => {
    expect(split("ndjson", Buffer.from('a\r\n\n"b\nc'), size)).toEqual([
      ["a", 1, 3],
      ["", 2, 4],
      ['"b', 3, 7],
      ["c", 4, 8],
    ]);
  });

  test("of CSV is cut where no quote is open", () => {
    expect(split("csv", Buffer.from('a,"b\n""\n",c\nd\r\n"e'), size)).toEqual([
      ['a,"b\n""\n",c', 1, 12],
      ["d", 4, 15],
      [{ bytes: "never closed" }, 5, 17],
    ]);
  });
});

describe.each([4096, 1_000_000])("a file read %i bytes at a time", (size) => {
  test.each(["ndjson", "csv"] as const)("of %s loses no line after one too long", (format) => {
    const [, ...rest] = split(format, Buffer.from(`${long}\na\n${long}`), size);
    expect(rest).toEqual([
      ["a", 2, long.length + 3],
      [{ bytes: "too long" }, 3, 2 * long.length + 3],
    ]);
  });

  test("of CSV takes a quote that is not closed for long as the mistake of one line", () => {
    const records = split("csv", Buffer.from(`"a\n${"b\n".repeat(200_000)}"c"\n`), size);
    expect([records.length, records[0], records[1], records.at(-1)]).toEqual([
      200_002,
      [{ bytes: "never closed" }, 1, 3],
      ["b", 2, 5],
      ['"c"', 200_002, 400_007],
    ]);
  });
});

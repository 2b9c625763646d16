import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTime } from "./event-time.ts";

const offset = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 });
const day = fc.date({
  min: new Date("1990-01-01Z"),
  max: new Date("2090-01-01Z"),
  noInvalidDate: true,
});

function written(at: Date, minutes: number, zeros: number, lower: boolean): string {
  const local = new Date(at.getTime() + minutes * 60_000).toISOString().replace("Z", "");
  const two = (value: number) => String(value).padStart(2, "0");
  const size = Math.abs(minutes);
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  const text = `${local}${"0".repeat(zeros)}${minutes === 0 ? "Z" : zone}`;
  return lower ? text.toLowerCase() : text;
}

test("a time with any offset is its instant", () => {
  fc.assert(
    fc.property(day, offset, fc.nat(9), fc.boolean(), (at, minutes, zeros, lower) => {
      expect(parseTime(written(at, minutes, zeros, lower))).toBe(at.getTime());
    }),
  );
});

test("a time as JavaScript writes it is its instant, from the year 0 to 9999", () => {
  const min = new Date("0000-01-01T00:00:00.000Z");
  const max = new Date("9999-12-31T23:59:59.999Z");
  fc.assert(
    fc.property(fc.date({ min, max, noInvalidDate: true }), (at) => {
      expect(parseTime(at.toISOString())).toBe(at.getTime());
    }),
  );
});

test.each([
  ["2000-02-29T00:00:00.000Z", "2000-02-29T00:00:00Z"],
  ["2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"],
  ["0050-01-01T00:00:00.000Z", "0050-01-01T00:00:00Z"],
  ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"],
  ["2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500Z"],
  ["2026-01-01T00:00:00.120000Z", "2026-01-01T00:00:00.120Z"],
  ["2024-02-29T23:59:59-00:00", "2024-02-29T23:59:59.000Z"],
])("%s is %s", (text, utc) => expect(parseTime(text)).toBe(Date.parse(utc)));

test.each([
  "2026-00-10T00:00:00.000Z",
  "2026-13-10T00:00:00.000Z",
  "2026-01-00T00:00:00.000Z",
  "2026-01-32T00:00:00.000Z",
  "2026-02-29T00:00:00.000Z",
  "1900-02-29T00:00:00.000Z",
  "2026-02-30T00:00:00.000Z",
  "2026-04-31T00:00:00.000Z",
  "2026-01-01T24:00:00.000Z",
  "2026-01-01T00:60:00.000Z",
  "2026-01-01T00:00:60.000Z",
  "2026-02-29T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "2026-00-01T00:00:00Z",
  "2026-01-01T24:00:00Z",
  "2026-01-01T00:60:00Z",
  "2016-12-31T23:59:60Z",
  "2026-01-01T00:00:00.0001Z",
  "2026-01-01T00:00:00.Z",
  "2026-01-01T00:00Z",
  "2026-01-01 00:00:00Z",
  "2026-01-01T00:00:00",
  "2026-01-01T00:00:00+24:00",
  "2026-01-01T00:00:00+0100",
  "2026-01-01",
  " 2026-01-01T00:00:00Z",
  "2026-01-01T00:00:00Z\n",
  "+002026-01-01T00:00:00Z",
  `2026-01-01T00:00:00.${"0".repeat(100)}Z`,
  "",
])("%j is no time that can be kept", (text) => expect(parseTime(text)).toBeUndefined());

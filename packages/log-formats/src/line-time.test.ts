import { expect, test } from "vitest";
import { instant, monthOf, type TimeOptions } from "./line-time.ts";

const reference = Date.UTC(2026, 10, 21, 12);
const utc: TimeOptions = { offsetMinutes: 0, reference };

function read(text: string, options: TimeOptions = utc): string | undefined {
  const [month = "", day, time = ""] = text.split(" ");
  const [hour, minute, second] = time.split(":").map(Number);
  const written = { month: monthOf(month), day: Number(day), hour, minute, second };
  const at = instant(written as Parameters<typeof instant>[0], options);
  return at === undefined ? undefined : new Date(at).toISOString();
}

/** The times of a whole log, each read after the one before. */
function readAll(texts: string[], options: TimeOptions = utc): (string | undefined)[] {
  let previous: number | undefined;
  return texts.map((text) => {
    const time = read(text, { ...options, previous });
    if (time !== undefined) previous = Date.parse(time);
    return time;
  });
}

test("without a year the latest one counts that is not over a day after the reference", () => {
  expect(read("Nov 21 11:00:00")).toBe("2026-11-21T11:00:00.000Z");
  expect(read("Nov 22 11:59:59")).toBe("2026-11-22T11:59:59.000Z");
  expect(read("Nov 22 12:00:01")).toBe("2025-11-22T12:00:01.000Z");
  expect(read("Dec 10 06:55:46")).toBe("2025-12-10T06:55:46.000Z");
});

test("just before the new year, a time of the next day is in the next year", () => {
  const options = { offsetMinutes: 0, reference: Date.UTC(2026, 11, 31, 23) };
  expect(read("Jan 1 00:30:00", options)).toBe("2027-01-01T00:30:00.000Z");
});

test("from December to January the year rolls over, guessed or given", () => {
  const log = [
    "Dec 30 10:00:00",
    "Dec 31 23:59:59",
    "Jan 1 00:00:00",
    "Dec 31 23:59:58",
    "Jan 2 1:0:0",
  ];
  const times = [
    "2025-12-30T10:00:00.000Z",
    "2025-12-31T23:59:59.000Z",
    "2026-01-01T00:00:00.000Z",
    "2025-12-31T23:59:58.000Z",
    "2026-01-02T01:00:00.000Z",
  ];
  expect(readAll(log)).toEqual(times);
  expect(readAll(log, { ...utc, year: 2025 })).toEqual(times);
});

test("with the year of the first line given, a log may be years old and years long", () => {
  const log = ["Nov 5 00:00:00", "Mar 1 00:00:00", "Nov 1 00:00:00", "Jan 9 00:00:00"];
  expect(readAll(log, { ...utc, year: 2010 }).map((time) => time?.slice(0, 10))).toEqual([
    "2010-11-05",
    "2011-03-01",
    "2011-11-01",
    "2012-01-09",
  ]);
});

test("a line a little out of order stays in its year", () => {
  const log = ["Mar 9 00:00:00", "Mar 4 00:00:00", "Mar 9 01:00:00"];
  expect(readAll(log, { ...utc, year: 2020 }).map((time) => time?.slice(0, 10))).toEqual([
    "2020-03-09",
    "2020-03-04",
    "2020-03-09",
  ]);
});

test("29 February is in a leap year", () => {
  expect(read("Feb 29 10:00:00")).toBe("2024-02-29T10:00:00.000Z");
});

test("an offset moves the time, also across the new year", () => {
  const east = { ...utc, offsetMinutes: 120 };
  expect(read("Nov 21 11:00:00", east)).toBe("2026-11-21T09:00:00.000Z");
  expect(readAll(["Jan 1 01:00:00", "Jan 1 03:00:00"], { ...east, year: 2026 })).toEqual([
    "2025-12-31T23:00:00.000Z",
    "2026-01-01T01:00:00.000Z",
  ]);
});

test("a leap second counts as the second after", () => {
  expect(read("Jun 30 23:59:60")).toBe("2026-07-01T00:00:00.000Z");
});

test.each([
  "Foo 1 00:00:00",
  "Feb 30 00:00:00",
  "Jan 0 00:00:00",
  "Jan 1 24:00:00",
  "Jan 1 00:60:00",
])("%s is no time", (text) => {
  expect(read(text)).toBeUndefined();
  expect(read(text, { ...utc, year: 2024, previous: reference })).toBeUndefined();
});

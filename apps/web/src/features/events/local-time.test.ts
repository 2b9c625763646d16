import { expect, test } from "vitest";
import { dayAfter, fromLocalInput, startOfDay, toLocalInput } from "../../ui/local-input.ts";
import { timeLabel } from "./local-time.ts";

const at = (day: number, hour: number) => new Date(2026, 2, day, hour).toISOString();
const now = new Date(2026, 2, 20).getTime();

test("a local field shows a time and gives the same time back", () => {
  const time = "2026-03-10T06:55:46.000Z";
  expect(fromLocalInput(toLocalInput(time))).toBe(time);
  expect(toLocalInput(undefined)).toBe("");
  expect(fromLocalInput("")).toBeUndefined();
});

test("a field of a day means the whole day where the reader is", () => {
  expect(startOfDay("2026-03-10")).toBe(at(10, 0));
  expect(dayAfter("2026-03-10")).toBe(at(11, 0));
  expect(dayAfter("2026-02-28")).toBe(at(1, 0));
  expect([startOfDay(""), dayAfter("")]).toEqual([undefined, undefined]);
});

test.each([
  [{ range: "24h" as const }, "Last 24 hours"],
  [{}, "All time"],
  [{ from: at(10, 6) }, "Since Mar 10, 06:00"],
  [{ from: at(10, 6), to: at(10, 11) }, "Mar 10, 06:00 – 11:00"],
  [{ from: at(10, 6), to: at(11, 6) }, "Mar 10, 06:00 – Mar 11, 06:00"],
  [{ to: at(10, 11) }, "the start – Mar 10, 11:00"],
])("%o in words", (choice, label) => {
  expect(timeLabel(choice, now)).toBe(label);
});

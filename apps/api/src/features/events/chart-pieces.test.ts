import fc from "fast-check";
import { expect, test } from "vitest";
import { chartPieces } from "./chart-pieces.ts";

const minute = 60_000;
const day = 1440 * minute;
const time = fc.integer({ min: 0, max: 3 * day });
const finest = fc.constantFrom(5 as const, 15 as const);
const steps = fc.constantFrom(0, 1, 5, 15, 30, 60, 360, 1440).map((minutes) => minutes * minute);

test("pieces and single events cover every time of a range once, and no other", () => {
  fc.assert(
    fc.property(time, time, steps, finest, time, time, (one, other, step, least, now, at) => {
      const range = { from: Math.min(one, other), to: Math.max(one, other) };
      const { counted, raw } = chartPieces(range, step, now, least);
      const holds = ({ from, to }: { from: number; to: number }) => (at >= from && at < to ? 1 : 0);
      const times = [
        ...counted.map((piece) => holds(piece)),
        ...raw.map((piece) => piece.sign * holds(piece)),
      ].reduce((sum, one) => sum + one, 0);
      expect(times).toBe(holds(range));
    }),
    { numRuns: 2000 },
  );
});

test("pieces hold whole intervals of theirs, none of which crosses a step", () => {
  fc.assert(
    fc.property(time, time, steps, finest, (one, other, step, least) => {
      const range = { from: Math.min(one, other), to: Math.max(one, other) };
      const { counted, raw } = chartPieces(range, step, 3 * day, least);
      for (const { from, to, minutes } of counted) {
        const grain = minutes * minute;
        expect([from < to, from % grain, to % grain, step % grain]).toEqual([true, 0, 0, 0]);
        expect(minutes).toBeGreaterThanOrEqual(least);
      }
      if (step % (least * minute) !== 0 || counted.length === 0) return;
      for (const { from, to } of raw) expect(to - from).toBeLessThanOrEqual(least * minute);
    }),
    { numRuns: 2000 },
  );
});

test("a month is days of six hours with quarters and fives at its ends", () => {
  const from = 7 * minute;
  const range = { from, to: from + 30 * day };
  const { counted, raw } = chartPieces(range, 360 * minute, 60 * day, 5);
  expect(counted.map(({ minutes }) => minutes)).toEqual([5, 15, 360, 5]);
  expect(raw).toEqual([
    { from: 5 * minute, to: from, sign: -1 },
    { from: 30 * day + 5 * minute, to: from + 30 * day, sign: 1 },
  ]);
});

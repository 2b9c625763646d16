import { expect, test } from "vitest";
import { Gathered } from "./gathered.ts";

/** What pieces of these lengths are together, and the room that was taken for them. */
function gather(limit: number, lengths: number[]) {
  let taken = 0;
  const gathered = new Gathered(limit, (bytes) => {
    taken += bytes;
  });
  const added = lengths.map((length, at) => gathered.add(Buffer.alloc(length, String(at % 10))));
  return { added, text: gathered.bytes.toString(), taken };
}

test("pieces of any length are put together", () => {
  const { added, text } = gather(100, [3, 1, 5, 20]);
  expect(added).toEqual([true, true, true, true]);
  expect(text).toBe(`000122222${"3".repeat(20)}`);
  expect(gather(100, []).text).toBe("");
});

test("they take no more than twice their bytes, whatever their number, and never more than the limit", () => {
  expect(gather(65_536, Array(1000).fill(1)).taken).toBeLessThanOrEqual(2000);
  expect(gather(1020, Array(1000).fill(1)).taken).toBe(1020);
  expect(gather(65_536, [5000]).taken).toBe(5000);
});

test("what is too much is refused, and takes nothing", () => {
  const { added, text, taken } = gather(4, [3, 2]);
  expect(added).toEqual([true, false]);
  expect([text, taken]).toEqual(["000", 3]);
});

import fc from "fast-check";
import { v7 as uuidv7 } from "uuid";
import { expect, test } from "vitest";
import { makeId, timeOfId } from "./event-id.ts";

test("the time in an id is the one it was made with, in all its 48 bits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (msecs) => {
      expect([timeOfId(uuidv7({ msecs })), timeOfId(makeId(msecs))]).toEqual([msecs, msecs]);
    }),
  );
});

test.each([
  "01890000-0000-4000-8000-000000000001",
  "01890000-0000-7000-c000-000000000001",
  "01890000-0000-7000-8000-00000000000A",
  "0189000000007000800000000000000001",
  "01890000-0000-7000-8000-000000000001\n",
  "",
])("%j is no id of an event", (id) => expect(timeOfId(id)).toBeUndefined());

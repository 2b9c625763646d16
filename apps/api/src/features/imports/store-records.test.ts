import { expect, test } from "vitest";
import { AppError } from "../../errors.ts";
import type { ImportRow } from "./read-imports.ts";
import { type Storing, storeRecords } from "./store-records.ts";

test("a batch that finds no room for some seconds is given up", async () => {
  let time = 1_767_225_600_000;
  let calls = 0;
  const storing = {
    now: () => new Date(time),
    stopped: () => false,
    intake: async () => {
      calls += 1;
      time += 4000;
      // Else a loop without an end would never fail the test.
      throw calls < 6 ? new AppError("overloaded", "Too much is under way.") : new Error("endless");
    },
  };
  const row = { id: "an import", userId: "u", agentId: "a", createdAt: new Date(time) };
  await expect(
    storeRecords(storing as unknown as Storing, row as ImportRow, [
      { line: 1, event: { text: "{}", value: {} } },
    ]),
  ).rejects.toMatchObject({ reason: "overloaded" });
  expect(calls).toBeGreaterThan(1);
});

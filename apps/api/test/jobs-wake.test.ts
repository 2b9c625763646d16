import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openScratchDatabase } from "../../../packages/db/test/scratch-database.ts";
import { createEncryption } from "../src/encryption.ts";
import { createJobs } from "../src/jobs.ts";
import { createLog } from "../src/log.ts";

// No pause ends, so nothing is ever polled.
vi.mock("node:timers/promises", () => ({
  setTimeout: (_: number, __: unknown, { signal }: { signal?: AbortSignal }) =>
    new Promise((_resolve, reject) => signal?.addEventListener("abort", reject)),
}));

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
beforeAll(async () => {
  scratch = await openScratchDatabase();
});
afterAll(() => scratch.drop());

test("what has been committed is done without a poll, whatever is being read", async () => {
  const encryption = createEncryption([randomBytes(32)]);
  const jobs = createJobs(scratch.database, encryption, () => new Date(), createLog("silent"));
  const done: unknown[] = [];
  jobs.define("send", async (payload) => void done.push(payload), "deliveries");
  await jobs.start();
  const numbers = Array.from({ length: 20 }, (_, number) => number);
  for (const number of numbers) {
    await scratch.database.transaction({}, (tx) => jobs.enqueue(tx, "send", number));
  }
  await expect.poll(() => new Set(done).size).toBe(numbers.length);
  await jobs.stop();
});

import type { Database } from "@muniment/db/database.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type DatabaseHealth, watchDatabase } from "./database-health.ts";
import { createLog } from "./log.ts";

let asked = 0;
let isGone = false;
let health: DatabaseHealth;
beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  isGone = false;
  const answer = async () => {
    asked += 1;
    if (isGone) throw new Error("gone");
    return [];
  };
  health = watchDatabase({ health: answer } as unknown as Database, createLog("silent"));
});
afterEach(() => {
  health.stop();
  vi.useRealTimers();
});

async function timesAskedIn(milliseconds: number): Promise<number> {
  const before = asked;
  await vi.advanceTimersByTimeAsync(milliseconds);
  return asked - before;
}

test("is asked for once a second while nobody calls, and four times while somebody waits", async () => {
  await vi.advanceTimersByTimeAsync(1000);
  expect(await timesAskedIn(10_000)).toBe(10);
  void health.guard(() => new Promise(() => {}));
  expect(await timesAskedIn(10_000)).toBe(40);
});

test("is asked for at once for a call after a quiet time, however many come then", async () => {
  await vi.advanceTimersByTimeAsync(500);
  isGone = true;
  const call = health.guard(() => new Promise(() => {}));
  const failed = expect(call).rejects.toMatchObject({ reason: "database_unavailable" });
  expect(await timesAskedIn(0)).toBe(1);
  await failed;
  isGone = false;
  await vi.advanceTimersByTimeAsync(250);
  expect(health.available).toBe(true);
  for (let call = 0; call < 20; call += 1) await health.guard(async () => call);
  expect(await timesAskedIn(0)).toBe(0);
});

test("is asked for four times a second while the database is away", async () => {
  isGone = true;
  await vi.advanceTimersByTimeAsync(2000);
  expect(health.available).toBe(false);
  expect(await timesAskedIn(10_000)).toBe(40);
});

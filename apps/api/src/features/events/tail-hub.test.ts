import type { Database } from "@muniment/db/database.ts";
import { expect, test } from "vitest";
import { createTailHub } from "./tail-hub.ts";

test("a user's readings take turns, and another's do not wait for them", async () => {
  const running = new Map<string, (() => void)[]>();
  const database = {
    tails: ({ userId }: { userId: string }) => ({
      execute: () =>
        new Promise((resolve) => {
          running.set(userId, [...(running.get(userId) ?? []), () => resolve([])]);
        }),
    }),
  } as unknown as Database;
  const hub = createTailHub(database);
  const mine = [1n, 2n, 3n].map((xid) => {
    const follower = hub.follow("me");
    return { follower, reading: follower.read({ xid, receipt: 1n, ordinal: 1 }) };
  });
  const other = hub.follow("you");
  const theirs = other.read({ xid: 9n, receipt: 1n, ordinal: 1 });
  await expect.poll(() => [running.get("me")?.length, running.get("you")?.length]).toEqual([1, 1]);
  for (const count of [1, 2, 3]) {
    await expect.poll(() => running.get("me")?.length).toBe(count);
    running.get("me")?.at(-1)?.();
  }
  running.get("you")?.[0]?.();
  expect(await Promise.all([...mine.map(({ reading }) => reading), theirs])).toHaveLength(4);
  for (const { follower } of mine) follower.release();
  other.release();
});

import { expect, test } from "vitest";
import { repeat } from "./repeat.ts";

const log = { debug: () => {}, error: () => {} };

test("who stops waits for no pause, and what is repeated runs a last time", async () => {
  let runs = 0;
  const stop = repeat(
    3_600_000,
    async () => {
      runs += 1;
    },
    log,
  );
  await expect.poll(() => runs).toBe(1);
  await stop();
  expect(runs).toBe(2);
});

test("the last run begins when the one under way has ended", async () => {
  let open = () => {};
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  const seen: string[] = [];
  const stop = repeat(
    3_600_000,
    async () => {
      seen.push("begun");
      await isOpen;
      seen.push("ended");
    },
    log,
  );
  const stopped = stop();
  await new Promise(setImmediate);
  expect(seen).toEqual(["begun"]);
  open();
  await stopped;
  expect(seen).toEqual(["begun", "ended", "begun", "ended"]);
});

test("what fails is tried again", async () => {
  let runs = 0;
  const stop = repeat(
    1,
    async () => {
      runs += 1;
      throw new Error("not now");
    },
    log,
  );
  await expect.poll(() => runs).toBeGreaterThan(2);
  await stop();
});

test("beside a run that does not end, none runs a last time", async () => {
  let runs = 0;
  const failures: unknown[] = [];
  const stop = repeat(
    1,
    async () => {
      runs += 1;
      await new Promise<never>(() => {});
    },
    { ...log, error: (failure: unknown) => failures.push(failure) },
  );
  await stop();
  expect(runs).toBe(1);
  expect(failures).toHaveLength(1);
});

import { expect, test } from "vitest";
import { createBreaker } from "./breaker.ts";

test("after a failure one call in five seconds asks again, and all do once it is answered", async () => {
  let time = 0;
  let isAway = false;
  let asked = 0;
  const told: boolean[] = [];
  const breaker = createBreaker(
    (reached) => told.push(reached),
    () => time,
  );
  const shared = async () => {
    asked += 1;
    if (isAway) throw new Error("away");
    return "shared";
  };
  const five = async () => {
    asked = 0;
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => breaker(shared, () => "own")),
    );
    return [asked, ...new Set(answers)];
  };
  expect(await five()).toEqual([5, "shared"]);
  isAway = true;
  expect(await five()).toEqual([5, "own"]);
  time = 4999;
  expect(await five()).toEqual([0, "own"]);
  time = 5000;
  expect(await five()).toEqual([1, "own"]);
  time = 9999;
  expect(await five()).toEqual([0, "own"]);
  isAway = false;
  time = 10_000;
  expect(await five()).toEqual([1, "shared", "own"]);
  expect(await five()).toEqual([5, "shared"]);
  expect(told).toEqual([false, true]);
});

test("one that hangs is asked by one call at a time", async () => {
  let asked = 0;
  let time = 0;
  const breaker = createBreaker(
    () => {},
    () => time,
  );
  await breaker(
    () => Promise.reject(new Error("away")),
    () => "own",
  );
  time = 5000;
  const hang = () => {
    asked += 1;
    return new Promise<string>(() => {});
  };
  void breaker(hang, () => "own");
  expect(breaker(hang, () => "own")).toBe("own");
  expect(asked).toBe(1);
});

test("only the call let through after the pause closes it, and it opens once in five seconds", async () => {
  let time = 0;
  const told: boolean[] = [];
  const breaker = createBreaker(
    (reached) => told.push(reached),
    () => time,
  );
  const own = () => "own";
  /** Sends calls at once; their answers come when `end` is called, every second one a failure. */
  const send = (count: number) => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const answers = Array.from({ length: count }, (_, at) =>
      breaker(async () => {
        await ended;
        if (at % 2 === 0) throw new Error("late");
        return "shared";
      }, own),
    );
    return async () => {
      end();
      return await Promise.all(answers);
    };
  };
  const batches = Array.from({ length: 40 }, () => send(4));
  for (const answers of batches) {
    expect(await answers()).toEqual(["own", "shared", "own", "shared"]);
    time += 100;
  }
  expect(told).toEqual([false]);
  time = 4999;
  expect(breaker(async () => "shared", own)).toBe("own");
  time = 5000;
  expect(await breaker(async () => "shared", own)).toBe("shared");
  expect(told).toEqual([false, true]);
});

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

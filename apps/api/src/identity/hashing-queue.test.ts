import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { createQueue } from "./hashing-queue.ts";

/** Work that ends when told to, and notes when it starts. */
function createWork() {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const work = (name: number) => () => {
    started.push(name);
    return new Promise<number>((resolve, reject) => {
      ends[name] = () => (name === 1 ? reject(new Error("failed")) : resolve(name));
    });
  };
  return { started, work, end: (name: number) => ends[name]?.() };
}

test("runs so many at once, the rest in order, and refuses what is too much", async () => {
  const { started, work, end } = createWork();
  const inOrder = createQueue(2, 3);
  const results = [0, 1, 2, 3, 4].map((name) => inOrder(work(name)));
  expect(started).toEqual([0, 1]);

  const refused = await inOrder(work(5)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(AppError);
  expect(refused).toMatchObject({ reason: "overloaded", retryAfterSeconds: 5 });

  const failed = expect(results[1]).rejects.toThrow("failed");
  end(1);
  await failed;
  expect(started).toEqual([0, 1, 2]);
  end(0);
  expect(await results[0]).toBe(0);
  expect(started).toEqual([0, 1, 2, 3]);
  for (const name of [2, 3]) {
    end(name);
    expect(await results[name]).toBe(name);
  }
  end(4);
  expect(await results[4]).toBe(4);

  // Everything is free again.
  void inOrder(work(6));
  void inOrder(work(7));
  expect(started).toEqual([0, 1, 2, 3, 4, 6, 7]);
});

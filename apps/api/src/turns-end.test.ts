import { expect, test } from "vitest";
import { turnsEnd } from "./turns-end.ts";

test("all who wait in one turn go on together, and step by step", async () => {
  const done: string[] = [];
  const act = async (name: string) => {
    await turnsEnd();
    done.push(`${name} begins`);
    await null;
    done.push(`${name} ends`);
  };
  const first = act("first");
  // Later in the same turn.
  const second = new Promise<void>((resolve) => {
    process.nextTick(() => void act("second").then(resolve));
  });
  expect(done).toEqual([]);
  await Promise.all([first, second]);
  expect(done).toEqual(["first begins", "second begins", "first ends", "second ends"]);
  await act("later");
  expect(done.at(-1)).toBe("later ends");
});

import { expect, test } from "vitest";
import { createIdMaker } from "./uuid7.ts";

test("ids are UUIDs of version 7 that carry the time", () => {
  const id = createIdMaker(() => Date.UTC(2026, 10, 21, 8))();
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 21, 8));
});

test("ids rise within a millisecond, beyond what it can count, and when the clock goes back", () => {
  let now = 1_000_000;
  const makeId = createIdMaker(() => now);
  const ids = Array.from({ length: 10_000 }, () => makeId());
  now = 999_000;
  ids.push(makeId());
  expect(ids).toEqual([...new Set(ids)].sort());
});

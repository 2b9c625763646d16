import { validate, version } from "uuid";
import { expect, test } from "vitest";
import { newRequestId } from "./request-id.ts";

test("ids are UUIDv7 of now, and none comes twice", () => {
  const before = Date.now();
  const ids = Array.from({ length: 20_000 }, newRequestId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids.slice(0, 2000)) expect([validate(id), version(id)]).toEqual([true, 7]);
  const at = Number.parseInt((ids[0] ?? "").replaceAll("-", "").slice(0, 12), 16);
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now());
});

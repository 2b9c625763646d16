import { expect, test } from "vitest";
import { sealPart } from "./pieces.ts";

test("a part for somebody who is being erased is not found", async () => {
  const dataKeys = { keyFor: async () => null };
  const keys = { dataKeys } as unknown as Parameters<typeof sealPart>[0];
  const file = { userId: "u", id: "i" };
  await expect(sealPart(keys, file, 0, Buffer.from("x"))).rejects.toMatchObject({
    reason: "not_found",
  });
});

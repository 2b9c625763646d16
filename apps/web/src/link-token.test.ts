import { expect, it } from "vitest";
import { parseLinkToken } from "./link-token.ts";

const token = "abcdefghijklmnopqrstuvwxyz_0123456789-ABCDE";

it("reads the token of a link, with and without the number sign", () => {
  expect(parseLinkToken(`#token=${token}`, "token")).toBe(token);
  expect(parseLinkToken(`token=${token}`, "token")).toBe(token);
  expect(parseLinkToken(`#invitation=${token}`, "invitation")).toBe(token);
});

it("takes no token for another purpose and none that cannot be one", () => {
  expect(parseLinkToken(`#invitation=${token}`, "token")).toBeNull();
  expect(parseLinkToken("#token=short", "token")).toBeNull();
  expect(parseLinkToken(`#token=${"x".repeat(201)}`, "token")).toBeNull();
  expect(parseLinkToken("", "token")).toBeNull();
});

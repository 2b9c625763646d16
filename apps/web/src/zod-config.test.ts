import "./zod-config.ts";
import { signInInput } from "@muniment/shared/accounts.ts";
import { createAgentInput } from "@muniment/shared/agents.ts";
import { createApiKeyInput } from "@muniment/shared/api-keys.ts";
import { limitRule } from "@muniment/shared/limits.ts";
import { expect, it } from "vitest";
import { z } from "zod";

const messages = (schema: z.ZodType, input: unknown) =>
  schema.safeParse(input).error?.issues.map(({ message }) => message);

it("words the errors that people see in forms", () => {
  expect(messages(createAgentInput, { name: " " })).toEqual(["required"]);
  expect(messages(createAgentInput, {})).toEqual(["required"]);
  expect(messages(createAgentInput, { name: "x".repeat(101) })).toEqual([
    "use at most 100 characters",
  ]);
  expect(messages(createApiKeyInput.shape.scopes, [])).toEqual(["choose at least one"]);
  expect(messages(limitRule, { points: Number.NaN, durationSeconds: 0 })).toEqual([
    "not a number",
    "at least 1",
  ]);
});

it("keeps the wording of a schema that has its own", () => {
  expect(messages(signInInput, { email: "x", password: "y" })).toEqual(["not an e-mail address"]);
});

it("never makes code from text", () => {
  expect(z.config().jitless).toBe(true);
});

import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { secretProblem } from "./secret-strength.ts";

test("random secrets of every usual form are strong enough", () => {
  for (const format of ["hex", "base64", "base64url"] as const)
    for (let round = 0; round < 300; round += 1)
      expect(secretProblem(randomBytes(32).toString(format))).toBeNull();
  // As short as they may be.
  for (let round = 0; round < 300; round += 1)
    expect(secretProblem(randomBytes(24).toString("base64"))).toBeNull();
});

test.each([
  ["31 characters", randomBytes(40).toString("hex").slice(0, 31), "shorter"],
  ["one letter", "a".repeat(64), "repeats"],
  ["a word over and over", "correcthorse".repeat(5), "repeats"],
  ["a default", "change-me-change-me-change-me-change-me", "guessable"],
  ["a placeholder", "your-secret-placeholder-password-example-1234", "guessable"],
  ["a word over and over, and a little more", `${"correcthorse".repeat(5)}7`, "repeats"],
  ["the alphabet and the digits", "abcdefghijklmnopqrstuvwxyz0123456789", "in order"],
  [
    "the alphabet backwards, twice",
    "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA",
    "in order",
  ],
  ["two letters in turn", `${"ab".repeat(20)}${"ba".repeat(9)}b`, "repeats"],
  // No six characters of it come twice.
  [
    "two letters",
    "aaaaaabaaaabbaaababaaabbbaabaababbaabbabaabbbbabababbbabbabbbbbb",
    "too little entropy",
  ],
  ["a row of the keyboard", "qwertyqwertyqwertyqwertyqwertyqwerty", "guessable"],
])("%s is refused", (_, secret, problem) => {
  expect(secretProblem(secret)).toContain(problem);
  expect(secretProblem(secret)).not.toContain(secret.slice(0, 12));
});

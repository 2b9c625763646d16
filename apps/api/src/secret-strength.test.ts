import { createCipheriv } from "node:crypto";
import { expect, test } from "vitest";
import { secretProblem } from "./secret-strength.ts";

/** The same random bytes in every run. */
const stream = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
const bytes = (count: number) => stream.update(Buffer.alloc(count));
const uuid = () =>
  bytes(16)
    .toString("hex")
    .replace(/^(.{8})(.{4}).(.{3})(.{4})/, "$1-$2-4$3-$4-");
const words =
  "abacus brick cargo dwell ember flint grove haste inlet jolly kayak lemon mango noble orbit pearl quilt raven sugar tulip umbra vivid wagon xenon yield zebra acorn bison cedar delta eagle fudge".split(
    " ",
  );

test.each<[string, () => string]>([
  ["openssl rand -hex 16", () => bytes(16).toString("hex")],
  ["openssl rand -hex 32", () => bytes(32).toString("hex")],
  ["openssl rand -base64 24", () => bytes(24).toString("base64")],
  ["openssl rand -base64 36", () => bytes(36).toString("base64url")],
  ["a UUID", uuid],
  ["two UUIDs", () => `${uuid()}${uuid()}`],
  ["32 digits", () => Array.from(bytes(32), (byte) => byte % 10).join("")],
  ["7 words", () => Array.from(bytes(7), (byte) => words[byte % 32]).join("-")],
])("random secrets are strong enough: %s", (_, make) => {
  const refused = Array.from({ length: 1000 }, make).filter(secretProblem);
  expect(refused).toEqual([]);
});

// Random, but for what stands in it by chance.
test.each(["1234f0a71234c6e15b9d02783ae4f61c", "KeyTestYourx9Qw3Zr7LmV2bNc8HdGfJ0uPs4Ty"])(
  "%s is strong enough",
  (secret) => expect(secretProblem(secret)).toBeNull(),
);

test.each([
  ["31 characters", bytes(40).toString("hex").slice(0, 31), "shorter"],
  ["one letter", "a".repeat(64), "guessable"],
  ["a word over and over", "correcthorse".repeat(5), "guessable"],
  ["a default", "change-me-change-me-change-me-change-me", "guessable"],
  ["a placeholder", "your-secret-placeholder-password-example-1234", "guessable"],
  ["a placeholder of many words", "mysupersecurekeyforproduction2026abcd", "guessable"],
  ["a word over and over, and a little more", `${"correcthorse".repeat(5)}7`, "guessable"],
  ["the alphabet and the digits", "abcdefghijklmnopqrstuvwxyz0123456789", "guessable"],
  [
    "the alphabet backwards, twice",
    "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA",
    "guessable",
  ],
  ["each letter twice", "aabbccddeeffgghhiijjkkllmmnnoopp", "guessable"],
  ["each letter thrice", "aaabbbcccdddeeefffggghhhiiijjjkkk", "guessable"],
  ["two alphabets in turn", "acbdcedfegfhgihjikjlkmlnmonpoqpr", "guessable"],
  ["numbers in order", "01020304050607080910111213141516171819", "guessable"],
  ["two letters in turn", `${"ab".repeat(20)}${"ba".repeat(9)}b`, "guessable"],
  ["two letters", "aaaaaabaaaabbaaababaaabbbaabaababbaabbabaabbbbabababbbabbabbbbbb", "guessable"],
  // No four characters of it come twice.
  ["three letters", "aaaabaaacaabbaabcaacbaaccababacabbbabbca", "guessable"],
  ["rows of the keyboard", "asdfghjklzxcvbnmqwertzuiopasdfghjklyx", "guessable"],
  ["a row of the keyboard", "qwertyqwertyqwertyqwertyqwertyqwerty", "guessable"],
])("%s is refused", (_, secret, problem) => {
  expect(secretProblem(secret)).toContain(problem);
  expect(secretProblem(secret)).not.toContain(secret.slice(0, 12));
});

import { expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";

test("base 64 is what Node.js makes of it, whatever the length", () => {
  for (let length = 0; length < 70; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 89 + length * 31) % 256);
    const text = Buffer.from(bytes).toString("base64");
    expect(toBase64(bytes)).toBe(text);
    expect(fromBase64(text)).toEqual(bytes);
  }
});

test.each([
  ["without its padding", "AA"],
  ["with too much of it", "AA==="],
  ["padding alone", "===="],
  ["padding inside", "AA==AA=="],
  ["bits beyond the last byte", "AB=="],
  ["bits beyond the last two", "AAB="],
  ["the other alphabet", "-_AA"],
  ["a line feed", "AAA\n"],
  ["a character beyond ASCII", "AAAé"],
  ["a character whose low byte is a digit's", "AAA\u0141"],
])("base 64 %s is refused", (_, text) => {
  expect(() => fromBase64(text)).toThrow("not base 64");
});

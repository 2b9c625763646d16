import { expect, test } from "vitest";
import { isJson } from "./json-syntax.ts";

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const seeds = [
  '{"a":[1,-0.5e+3,{"b":null}],"":"\\u00e9\\n\\\\\\"","c":{}}',
  ' [ [ ] , { } , true , false , 0 , -1 , 1E9 , "x" ]\r\n\t',
  '"only"',
  "12",
];
const characters = '{}[],:"\\u0019eE+-. \ntfnrl/a\u0000\u00a0é';

test("agrees with JSON.parse on whatever one or two changes make of a text", () => {
  const differing: string[] = [];
  const compare = (text: string) => {
    if (isJson(text) !== isParsed(text)) differing.push(text);
  };
  for (const seed of seeds) {
    compare(seed);
    for (let at = 0; at <= seed.length; at += 1) {
      const [before, after] = [seed.slice(0, at), seed.slice(at)];
      compare(before);
      compare(after);
      compare(before + after.slice(1));
      for (const one of characters) {
        compare(before + one + after);
        compare(before + one + after.slice(1));
        compare(before + one + after.slice(2));
      }
    }
  }
  expect(differing).toEqual([]);
});

test("no text is too deep or too long", () => {
  const half = 2_500_000;
  expect(isJson(`${"[".repeat(half)}${"]".repeat(half)}`)).toBe(true);
  expect(isJson(`${"[".repeat(half)}${"]".repeat(half - 1)}`)).toBe(false);
  expect(isJson(JSON.stringify("x".repeat(2 * half)))).toBe(true);
  expect(isJson(JSON.stringify("\n".repeat(half)))).toBe(true);
});

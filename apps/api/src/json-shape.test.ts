import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shapeOf } from "./json-shape.ts";

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Whether the text is one value from its first to its last character. */
const isTaken = (text: string) => {
  try {
    return shapeOf(text, 0).end === text.length;
  } catch {
    return false;
  }
};

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0;

describe("the shape of a value", () => {
  test.each([
    ["{}", 1, 2],
    ["[]", 1, 2],
    ['"a"', 0, 2],
    ["-1.5e3", 0, 1],
    ["null", 0, 1],
    ['{"a":1,"b":[true,{}]}', 3, 16],
  ])("of %s is its depth and its tokens", (text, depth, tokens) => {
    expect(shapeOf(text, 0)).toEqual({ end: text.length, depth, tokens });
  });

  test.each([
    "",
    "[",
    "]",
    "[1,]",
    "[1 2]",
    "[1}",
    "{1:2}",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a" "b"}',
    '"a',
    '"\\x"',
    '"\\u12g4"',
    '"a\nb"',
    '"\\',
    "01",
    "1.",
    "-",
    "+1",
    "nul",
    "NaN",
  ])("of %j is refused", (text) => {
    expect(isJson(text)).toBe(false);
    expect(isTaken(text)).toBe(false);
  });

  test("is taken of every JSON text, and never longer than the shortest text of the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, "\t"), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const shape = shapeOf(text, 0);
        expect(shape.end).toBe(text.length);
        expect(shape.depth).toBe(depthOf(value));
        expect(shape.tokens).toBeLessThanOrEqual(JSON.stringify(value).length);
      }),
    );
  });

  test("is refused exactly where parsing would fail, whatever is changed in a text", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      "1",
      "-",
      "e",
      "t",
      "0",
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(3), pieces, (text, place, removed, piece) => {
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + piece + text.slice(at + removed);
        fc.pre(!/^\s|\s$/.test(changed));
        expect(isTaken(changed)).toBe(isJson(changed));
      }),
      { numRuns: 500 },
    );
  });

  test("does not exhaust the stack", () => {
    const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
    expect(shapeOf(deep, 0)).toMatchObject({ end: deep.length, depth: 1_000_000 });
    expect(() => shapeOf("[".repeat(1_000_000), 0)).toThrow("not JSON");
  });
});

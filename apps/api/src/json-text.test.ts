import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leastTime } from "../../../test/least-time.ts";
import { forEachMember, isExactNumber, scanElements, scanValue } from "./json-text.ts";

/** A JSON number as a whole number times a power of ten, without any rounding. */
function toRational(text: string): { whole: bigint; power: bigint } {
  const [, sign, digits = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const whole = BigInt(digits + fraction) * (sign === "-" ? -1n : 1n);
  return { whole, power: BigInt(exponent) - BigInt(fraction.length) };
}

function isSameNumber(a: string, b: string): boolean {
  const [x, y] = [toRational(a), toRational(b)];
  if (x.whole === 0n || y.whole === 0n) return x.whole === y.whole;
  const gap = x.power - y.power;
  if (gap > 2000n || gap < -2000n) return false;
  return gap > 0n ? x.whole * 10n ** gap === y.whole : x.whole === y.whole * 10n ** -gap;
}

/** The definition in big integers: the double's shortest decimal is the number that was sent. */
function keepsNumber(text: string): boolean {
  const parsed = JSON.parse(text);
  return Number.isFinite(parsed) && isSameNumber(text, String(parsed));
}

const digits = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom(..."00123456789"), minLength: 1, maxLength });
const numberText = fc
  .tuple(
    fc.constantFrom("", "-"),
    digits(25).map((text) => text.replace(/^0+(?=\d)/, "")),
    fc.option(digits(25), { nil: undefined }),
    fc.option(
      fc.tuple(fc.constantFrom("e", "E", "e+", "E-", "e-"), fc.integer({ min: 0, max: 400 })),
    ),
  )
  .map(([sign, whole, fraction, exponent]) =>
    [sign, whole, fraction ? `.${fraction}` : "", ...(exponent ?? [])].join(""),
  );

describe("a number", () => {
  test.each([
    "0.1",
    "1.0",
    "1e3",
    "5e-324",
    "-0",
    "0e999",
    "1E+2",
    "9007199254740992",
    "1e22",
    "1.7976931348623157e308",
    "100000000000000000000000",
    "0.30000000000000004",
  ])("%s is kept", (text) => expect(isExactNumber(text)).toBe(true));
  test.each([
    "9007199254740993",
    "1e400",
    "-1e400",
    "1e-400",
    "0.1234567890123456789",
    "4.9406564584124654e-324",
    "1.0000000000000000000001",
    "18446744073709551615",
    "1e99999999999999999999",
  ])("%s is not kept", (text) => expect(isExactNumber(text)).toBe(false));

  test("is kept exactly when big integers say so", () => {
    fc.assert(
      fc.property(
        fc.oneof(numberText, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)),
        (text) => {
          expect(isExactNumber(text)).toBe(keepsNumber(text));
          expect(scanValue(text, 0)).toEqual({
            end: text.length,
            members: 0,
            exact: keepsNumber(text),
          });
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("of a million digits takes no time", async () => {
    const read = () => {
      expect(isExactNumber(`${"0".repeat(0)}1${"0".repeat(1_000_000)}1`)).toBe(false);
      expect(isExactNumber(`0.${"0".repeat(1_000_000)}1`)).toBe(false);
      expect(isExactNumber(`1.${"0".repeat(1_000_000)}`)).toBe(true);
    };
    expect(await leastTime(500, read)).toBeLessThan(500);
  });
});

/** A JSON value with what its text should be found to hold. */
type Sample = { text: string; members: number; exact: boolean };

const space = fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "\r"), maxLength: 2 });
const stringText = fc
  .string({ unit: fc.constantFrom(...'abc:,{}[]"\\/é😀 1-', "\u0001") })
  .map((text) => JSON.stringify(text));
const scalar: fc.Arbitrary<Sample> = fc.oneof(
  stringText.map((text) => ({ text, members: 0, exact: true })),
  fc.constantFrom("true", "false", "null").map((text) => ({ text, members: 0, exact: true })),
  numberText.map((text) => ({ text, members: 0, exact: keepsNumber(text) })),
);
const sum = (samples: Sample[]) => ({
  members: samples.reduce((total, { members }) => total + members, 0),
  exact: samples.every(({ exact }) => exact),
});
const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    scalar,
    fc.array(fc.tuple(space, tie("sample"), space), { maxLength: 4 }).map((items) => ({
      ...sum(items.map(([, item]) => item)),
      text: `[${items.map(([before, { text }, after]) => before + text + after).join(",")}${items.length ? "" : " "}]`,
    })),
    fc
      .array(fc.tuple(space, stringText, space, tie("sample"), space), { maxLength: 4 })
      .map((list) => {
        const total = sum(list.map(([, , , value]) => value));
        const parts = list.map(([a, key, b, { text }, c]) => `${a}${key}${b}:${b}${text}${c}`);
        return { ...total, members: total.members + list.length, text: `{${parts.join(",")}}` };
      }),
  ),
}));

describe("a value", () => {
  test("is passed to its end, its members counted and its numbers judged", () => {
    fc.assert(
      fc.property(
        sample,
        fc.constantFrom("", ",1", "]", "}", " "),
        ({ text, members, exact }, rest) => {
          JSON.parse(text);
          expect(scanValue(text + rest, 0)).toEqual({ end: text.length, members, exact });
        },
      ),
      { numRuns: 500 },
    );
  });

  test("shows each element of a list by itself", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(space, sample, space)), (list) => {
        const text = `[${list.map(([a, item, b]) => a + item.text + b).join(",")} ]`;
        const { elements, end } = scanElements(text, 0);
        expect(end).toBe(text.length);
        expect(elements).toEqual(
          list.map(([, item]) => ({
            length: item.text.length,
            escapes: item.text.includes("\\"),
            scanned: expect.objectContaining({ members: item.members, exact: item.exact }),
          })),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("shows each member of an object by its parsed key, repeated ones too", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(space, stringText, space, sample)), (list) => {
        const text = `{${list.map(([a, key, b, value]) => `${a}${key}${b}:${a}${value.text}${b}`).join(",")} }`;
        const found: [string, string][] = [];
        forEachMember(text, 0, (key, at) => {
          const { end } = scanValue(text, at);
          found.push([key, text.slice(at, end)]);
          return end;
        });
        expect(found).toEqual(list.map(([, key, , value]) => [JSON.parse(key), value.text]));
      }),
      { numRuns: 300 },
    );
  });

  test("of five million brackets neither fails nor takes long", async () => {
    const text = "[".repeat(5_000_000) + "]".repeat(5_000_000);
    const scan = () =>
      expect(scanValue(text, 0)).toEqual({ end: text.length, members: 0, exact: true });
    expect(await leastTime(2000, scan)).toBeLessThan(2000);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scanValue } from "../../json-text.ts";
import { parseEvent } from "./parse-event.ts";
import { Rejected } from "./rejected.ts";

const rules = { receivedAt: Date.UTC(2026, 5, 1), allowedTypes: [] };

function parse(text: string, escapes = text.includes("\\")) {
  const element = { scanned: scanValue(text, 0), length: text.length, escapes };
  return parseEvent(JSON.parse(text), element, rules);
}
function reasonOf(text: string): string {
  try {
    parse(text);
    return "accepted";
  } catch (error) {
    if (error instanceof Rejected) return error.reason;
    throw error;
  }
}

const wellFormed = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .filter((text) => !text.includes("\0"));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    wellFormed,
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      wellFormed.filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}));
const content = fc.record(
  {
    type: fc.stringMatching(/^[a-z0-9._:-]{1,20}$/),
    occurredAt: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001+01:00"),
    level: fc.constantFrom("debug", "info", "warn", "error", "critical"),
    message: wellFormed,
    subject: wellFormed,
    traceId: wellFormed,
    seq: fc.maxSafeNat(),
    props: fc.dictionary(
      wellFormed.filter((key) => key !== "__proto__"),
      json.value,
      { maxKeys: 5, noNullPrototype: true },
    ),
  },
  { requiredKeys: ["type"], noNullPrototype: true },
);

/** The same content in another order of keys, with spaces. */
function shuffled(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[ ${value.map(shuffled).join(" , ")} ]`;
  const members = Object.entries(value).reverse();
  return `{\n${members.map(([key, item]) => `${JSON.stringify(key)} : ${shuffled(item)}`).join(",\n")}}`;
}

describe("an event within its bounds", () => {
  test("is kept whole, and its digest is of the content alone", () => {
    fc.assert(
      fc.property(content, (event) => {
        const text = JSON.stringify(event);
        const parsed = parse(text);
        expect(JSON.parse(parsed.props ?? "null")).toEqual(JSON.parse(text).props ?? null);
        const { type, message, subject, traceId, seq } = event;
        expect(parsed).toMatchObject({ type, message, subject, traceId, seq });
        expect(parse(shuffled(event)).digest).toBe(parsed.digest);
        // Strings that stand in the text as they are need not be written anew, with the same result.
        expect(parse(text, true)).toEqual({ ...parsed, id: expect.any(String) });
        const id = "0193c7a0-0000-7000-8000-000000000000";
        expect(parse(JSON.stringify({ ...event, id }))).toMatchObject({
          id,
          digest: parsed.digest,
        });
      }),
      { numRuns: 300 },
    );
  });

  test("has another digest when any of its content differs, a default included", () => {
    fc.assert(
      fc.property(content, content, (a, b) => {
        const same =
          shuffled(JSON.parse(JSON.stringify(a))) === shuffled(JSON.parse(JSON.stringify(b)));
        fc.pre(!same);
        expect(parse(JSON.stringify(a)).digest).not.toBe(parse(JSON.stringify(b)).digest);
      }),
    );
    const digests = [
      '{"type":"a"}',
      '{"type":"a","level":"info"}',
      '{"type":"a","props":{}}',
      '{"type":"a","message":""}',
    ];
    expect(new Set(digests.map((text) => parse(text).digest)).size).toBe(4);
  });
});

describe("one thing wrong in an event that is right otherwise", () => {
  const value = fc.constantFrom("1", '"x"', "null", "[]", "{}");
  const path = fc.array(fc.constantFrom('{"a":', "[", '[1,"\\\\",', '{"b":1,"c":'), {
    maxLength: 10,
  });
  const wrap = (steps: string[], inner: string) =>
    steps.join("") +
    inner +
    [...steps]
      .reverse()
      .map((step) => (step.startsWith("[") ? "]" : "}"))
      .join("");
  const wrongs: [string, fc.Arbitrary<string>][] = [
    ["duplicate_key", fc.tuple(value, value).map(([a, b]) => `{"k":${a},"l":0,"\\u006b":${b}}`)],
    ["forbidden_key", value.map((v) => `{"__proto__":${v}}`)],
    ["invalid_number", fc.constantFrom("1e400", "9007199254740993", "-0.1234567890123456789")],
    [
      "invalid_text",
      fc.constantFrom('"\\u0000"', '"\\ud83d"', '{"\\udc00":1}', '["a\\udc00\\ud83d"]'),
    ],
  ];
  test.each(wrongs)("gives %s, wherever it is", (reason, wrong) => {
    fc.assert(
      fc.property(path, wrong, (steps, text) => {
        expect(reasonOf(`{"type":"a","props":{"p":${wrap(steps, text)}}}`)).toBe(reason);
        expect(reasonOf(`{"type":"a","props":{"p":${wrap(steps, '"fine"')}}}`)).toBe("accepted");
      }),
    );
  });

  test("is too deep at 17 levels and fine at 16, of lists and objects alike", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('{"a":', "["), { minLength: 14, maxLength: 14 }),
        (steps) => {
          expect(reasonOf(`{"type":"a","props":{"p":${wrap(steps, "[]")}}}`)).toBe("accepted");
          expect(reasonOf(`{"type":"a","props":{"p":${wrap(steps, "[[]]")}}}`)).toBe("too_deep");
        },
      ),
    );
  });
});

import { describe, expect, test } from "vitest";
import { lighten } from "./large-batch.ts";

const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(",");
const keys = (count: number) => `{${many(count, (index) => `"k${index}":1`)}}`;
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const propsOf = (value: string) => `{"type":"a","props":{"p":${value}}}`;

/** The same body as one batch, and as the second of two. */
const forms: [string, (body: string) => string, number | null][] = [
  ["alone", (body) => body, null],
  ["in a batch of calls", (body) => `{"0" : {"events":[{}]}, "1":${body}}`, 2],
];

describe.each(forms)("a large batch %s", (_form, wrap, calls) => {
  test.each([
    ["unclosed brackets", `{"events":[${"[".repeat(1_000_000)}`, "invalid_json"],
    ["unknown fields", `{"events":[1],${keys(100_000).slice(1)}`, "invalid_input"],
    ["a long field", `{"${"\\\\".repeat(100_000)}":1}`, "invalid_input"],
    ["numbers as events", `{"events":[${many(100_000, () => "1")}]}`, "invalid_input"],
    ["an object as events", `{"events":${keys(100_000)}}`, "invalid_input"],
    ["events named often", `{${many(100_000, () => '"events":[]')}}`, "invalid_json"],
    ["a list", `[${many(100_000, () => "{}")}]`, "invalid_input"],
    ["a comma too many", `{"events":["${"a".repeat(100_000)}",]}`, "invalid_json"],
    ["more after the end", `{"events":["${"a".repeat(100_000)}"]}]`, "invalid_json"],
    ["nothing but blanks", " ".repeat(100_000), "invalid_json"],
  ])("is refused before it is parsed: %s", (_name, body, reason) => {
    expect(() => lighten(wrap(body), calls)).toThrow(expect.objectContaining({ reason }));
  });

  test.each([
    ["deep lists", [nested(500_000)], "invalid_event"],
    ["a deep value", [propsOf(nested(500_000))], "too_large"],
    ["deep values", Array(10).fill(propsOf(nested(50_000))), "too_deep"],
    ["many keys in one event", [propsOf(keys(100_000))], "too_large"],
    ["many keys in each event", Array(10).fill(propsOf(keys(17_000))), "too_large"],
    ["many items", Array(10).fill(propsOf(`[${many(40_000, () => "0")}]`)), "too_large"],
    ["one long number", [propsOf("1".repeat(500_000))], "too_large"],
    ["one long text", [propsOf(`"${"é".repeat(500_000)}"`)], "too_large"],
  ])("loses such events alone: %s", (_name, bad, reason) => {
    const body = wrap(`{ "events" : [{"type":"a"},${bad.join(" ,\n")} , {"type":"b"}] } `);
    const { text, refused } = lighten(body, calls);
    expect(text.length).toBeLessThan(1000);
    const good = [{ type: "a" }, ...bad.map(() => null), { type: "b" }];
    const expected =
      calls === null ? { events: good } : { 0: { events: [{}] }, 1: { events: good } };
    expect(JSON.parse(text)).toEqual(expected);
    const start = text.indexOf("{", calls === null ? 0 : text.indexOf('"1"'));
    const places = [...(refused.get(start) ?? [])].map(([index, why]) => [index, why.reason]);
    expect(places).toEqual(bad.map((_, place) => [place + 1, reason]));
  });

  test("is left as it is where every event may be within its bounds", () => {
    const props = JSON.stringify({ text: "\u0001".repeat(32_700), more: { a: [{}] } });
    const body = wrap(`{"\\u0065vents":[${many(20, () => `{"type":"a","props":${props}}`)}]}`);
    expect(lighten(body, calls).text).toBe(body);
  });
});

test("an input for no call of the batch, or for one of them twice, is refused", () => {
  const long = `{"events":["${"a".repeat(100_000)}"]}`;
  for (const body of [`{"2":${long}}`, `{"0":${long},"0":${long}}`, `{"00":${long}}`]) {
    expect(() => lighten(body, 2)).toThrow(expect.objectContaining({ reason: "invalid_json" }));
  }
});

import { afterEach, expect, test, vi } from "vitest";
import { planCsv } from "./csv-event.ts";
import { firstPlace, readEvent } from "./read-event.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const place = firstPlace("00000000-0000-7000-8000-000000000000");
const recordOf = (text: string) => ({
  bytes: Buffer.from(text),
  line: 2,
  nextLine: 3,
  end: text.length,
});
const empty = "{},".repeat(87_000);
const many = `{"a":[${empty}{}]}`;
const deep = `{"a":${"[".repeat(40_000)}${"]".repeat(40_000)}}`;

test.each([
  ["too_large", `{"type":"a","props":${many}}`],
  ["too_large", ` {"type":"a","props":${many}} {`],
  ["too_deep", `{"type":"a","props":${deep}}`],
  ["invalid_event", `[${empty}{}]`],
  ["invalid_json", `{"a":[${empty}`],
])("a long line that is %s is refused before it is parsed", (reason, text) => {
  const parse = vi.spyOn(JSON, "parse");
  const { read, next } = readEvent(recordOf(text), place, null);
  expect(read).toMatchObject({ line: 2, reject: { line: 2, reason } });
  expect(next.line).toBe(3);
  expect(parse).not.toHaveBeenCalled();
});

test.each([
  ["too_large", many],
  ["too_deep", deep],
])("a long cell of properties that is %s is refused before it is parsed", (reason, props) => {
  const plan = planCsv("type,props", {}, null);
  const parse = vi.spyOn(JSON, "parse");
  const row = `a,"${props.replaceAll('"', '""')}"`;
  const { read } = readEvent(recordOf(row), place, plan);
  expect(read).toMatchObject({ reject: { line: 2, reason } });
  expect(parse).not.toHaveBeenCalled();
});

test("empty lines change no id", () => {
  const idsOf = (lines: string[]) => {
    let at = place;
    return lines.flatMap((line) => {
      const { read, next } = readEvent(recordOf(line), at, null);
      at = next;
      return read && "event" in read ? [read.event.value] : [];
    });
  };
  const line = '{"type":"a"}';
  const known = idsOf([line, line]);
  expect(known).toHaveLength(2);
  expect(idsOf(["", line, " \t", "", line, ""])).toEqual(known);
});

test("a long line within the bounds of an event is taken", () => {
  const text = `{"type":"a","props":{"a":"${"\\u0061".repeat(20_000)}"}}`;
  const { read } = readEvent(recordOf(text), place, null);
  expect(read).toMatchObject({ event: { value: { type: "a" } } });
});

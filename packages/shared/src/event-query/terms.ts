import { eventBounds, eventLevels } from "../events.ts";
import {
  type Comparison,
  EventQueryError,
  type EventTest,
  type Scalar,
  type TextField,
  type TimeUnit,
  timeUnits,
} from "./query.ts";
import type { Word } from "./scan.ts";

/** Every field that a query can name; `props` is followed by a path. */
export const queryFields = [
  "type",
  "level",
  "agent",
  "subject",
  "trace",
  "props",
  "since",
  "until",
] as const;
export type QueryField = (typeof queryFields)[number];

export const queryOperators = [":", ">=", "<=", ">", "<", "="] as const;
export type QueryOperator = (typeof queryOperators)[number];

const jsonScalar = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;
const typePattern = /^[a-z0-9._:-]{1,128}\*?$/;
const ago = /^(\d{1,5})([mhdw])$/;
const date = /^\d{4}-\d\d-\d\d$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?$/;
const longestText = 256;
const longestValue = 1024;

const fail = (word: Word, expected: string): never => {
  throw new EventQueryError({ position: word.start, expected });
};

function boundedText(word: Word, max: number): string {
  if (word.text === "" && !word.quoted) fail(word, "a value");
  if (word.text.length > max) fail(word, `at most ${max} characters`);
  if (!word.text.isWellFormed() || word.text.includes("\0")) fail(word, "text an event can hold");
  return word.text;
}

function fieldTest(field: TextField, word: Word, max: number): EventTest {
  const value = boundedText(word, max + 1);
  if (field === "type" && !typePattern.test(value)) {
    fail(word, "a type of a-z 0-9 . _ : - or a prefix ending in *");
  }
  if (!word.quoted && value === "*") return { kind: "field", field, op: "exists" };
  if (!word.quoted && value.endsWith("*")) {
    return { kind: "field", field, op: "prefix", value: value.slice(0, -1) };
  }
  if (value === "" || value.length > max) fail(word, `1 to ${max} characters`);
  return { kind: "field", field, op: "eq", value };
}

function levelTest(operator: QueryOperator, word: Word): EventTest {
  const level = eventLevels.find((name) => name === word.text);
  if (level === undefined) return fail(word, `a level: ${eventLevels.join(", ")}`);
  return { kind: "level", op: operator === ":" ? "=" : operator, level };
}

/** The instant of a date or a time, UTC without a zone; undefined for what is none. */
function instantOf(text: string): string | undefined {
  if (!date.test(text) && !time.test(text)) return undefined;
  const zoned = date.test(text) || /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`;
  const at = Date.parse(zoned);
  // Date.parse takes 30 February for 2 March.
  const day = Date.parse(text.slice(0, 10));
  if (Number.isNaN(at) || !new Date(day).toISOString().startsWith(text.slice(0, 10))) {
    return undefined;
  }
  return new Date(at).toISOString();
}

function timeTest(bound: "since" | "until", word: Word): EventTest {
  const [, count, unit] = ago.exec(word.text) ?? [];
  if (count !== undefined && unit !== undefined && Object.hasOwn(timeUnits, unit)) {
    return { kind: "time", bound, ago: Number(count), unit: unit as TimeUnit };
  }
  const at = instantOf(word.text);
  if (at === undefined) return fail(word, "a time such as 2h, 7d, 2026-01-31 or 2026-01-31T08:00Z");
  return { kind: "time", bound, at };
}

function scalarOf(word: Word): Scalar | undefined {
  if (word.quoted || !jsonScalar.test(word.text)) return undefined;
  const parsed: Scalar = JSON.parse(word.text);
  const value = parsed === 0 ? 0 : parsed;
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    return fail(word, "a number that a double can hold");
  }
  return value;
}

function propTest(path: string, operator: QueryOperator, word: Word): EventTest {
  const text = boundedText(word, longestValue);
  if (operator === ":" && text === "*" && !word.quoted) return { kind: "prop", path, op: "exists" };
  const value = scalarOf(word);
  if (operator === ":") {
    // Without quotes 22 is meant whether the sender wrote a number or a text.
    const values = value === undefined ? [text] : [value, text];
    return { kind: "prop", path, op: "any", values };
  }
  if (operator === "=") {
    if (value === undefined && !word.quoted)
      fail(word, "a number, true, false, null or a quoted text");
    return { kind: "prop", path, op: "any", values: [value === undefined ? text : value] };
  }
  if (typeof value !== "number") return fail(word, "a number");
  return { kind: "prop", path, op: operator satisfies Comparison, value };
}

/** What `field operator value` asks. @throws EventQueryError at the value when it does not fit the field */
export function toTest(
  field: QueryField,
  path: string,
  operator: QueryOperator,
  word: Word,
): EventTest {
  switch (field) {
    case "type":
      return fieldTest(field, word, 128);
    case "subject":
      return fieldTest(field, word, eventBounds.subjectLength);
    case "trace":
      return fieldTest(field, word, eventBounds.traceIdLength);
    case "level":
      return levelTest(operator, word);
    case "agent":
      if (word.text === "") fail(word, "the name or the id of an agent");
      return { kind: "agent", agent: boundedText(word, 100) };
    case "since":
    case "until":
      return timeTest(field, word);
    case "props":
      return propTest(path, operator, word);
  }
}

/** Free text as a test. @throws EventQueryError */
export function toTextTest(word: Word): EventTest {
  if (word.text === "") fail(word, "text to look for");
  return { kind: "text", value: boundedText(word, longestText) };
}

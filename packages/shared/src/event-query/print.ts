import type { EventQuery, EventTest, FieldTest, PropTest, Scalar } from "./query.ts";
import { queryFields } from "./terms.ts";

const quote = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

/** What can stand without quotes and still means the same text. */
const plainValue = /^[^\s()"*]+$/;
const plainPath = /^[^\s()":=<>]+$/;
/** What without quotes would be a number, a field, an operator or a negation. */
const plainText = /^(?!(?:OR|AND|NOT)$)[^\s()":=<>.-][^\s()":=<>]*$/;
const fieldPath = new RegExp(`^(?:${queryFields.join("|")})\\.`);
const jsonScalar = /^(?:-?[\d.]+(?:[eE][+-]?\d+)?|true|false|null)$/;

const valueText = (text: string) => (plainValue.test(text) ? text : quote(text));

function printField({ field, ...test }: FieldTest): string {
  if (test.op === "exists") return `${field}:*`;
  if (test.op === "prefix") return `${field}:${test.value}*`;
  return `${field}:${valueText(test.value)}`;
}

function printValues(values: readonly Scalar[]): string {
  const [first] = values;
  if (values.length > 1) return `:${String(values[1])}`;
  if (typeof first !== "string") return `=${JSON.stringify(first ?? null)}`;
  return `:${jsonScalar.test(first) ? quote(first) : valueText(first)}`;
}

function printProp(test: PropTest): string {
  const path = `props.${plainPath.test(test.path) ? test.path : quote(test.path)}`;
  if (test.op === "exists") return `${path}:*`;
  if (test.op === "any") return `${path}${printValues(test.values)}`;
  return `${path}${test.op}${JSON.stringify(test.value)}`;
}

function printTest(test: EventTest): string {
  switch (test.kind) {
    case "field":
      return printField(test);
    case "prop":
      return printProp(test);
    case "level":
      return `level${test.op === "=" ? ":" : test.op}${test.level}`;
    case "agent":
      return `agent:${valueText(test.agent)}`;
    case "time":
      return `${test.bound}:${"at" in test ? test.at : `${test.ago}${test.unit}`}`;
    case "text":
      return plainText.test(test.value) && !fieldPath.test(test.value)
        ? test.value
        : quote(test.value);
  }
}

/** The text of a query in its usual form: reading it again gives the same query. */
export function printEventQuery(query: EventQuery): string {
  const inner = (part: EventQuery) =>
    part.kind === "and" || part.kind === "or"
      ? `(${printEventQuery(part)})`
      : printEventQuery(part);
  switch (query.kind) {
    case "and":
      return query.parts.map(inner).join(" ");
    case "or":
      return query.parts.map(inner).join(" OR ");
    case "not":
      return `-${inner(query.part)}`;
    default:
      return printTest(query);
  }
}

import { isRecord, RecordError } from "./record-error.ts";

/** An object without a prototype: a key named `__proto__` is a key, which the ingest then refuses. */
export type Json = Record<string, unknown>;
const emptyObject = (): Json => Object.create(null);

/** `intValue` is an int64: a string, or a number that is one exactly. */
function toInt(value: unknown): number | string {
  if (typeof value === "string" && /^-?\d{1,19}$/.test(value)) {
    const number = Number(value);
    // Digits that a double cannot hold stay as they are.
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Number.isSafeInteger(value)) return value as number;
  throw new RecordError("An intValue is no whole number, or too large for a JSON number.");
}

function toDouble(value: unknown): number | string {
  if (typeof value === "number") return value;
  // As protobuf writes in JSON what JSON has no number for.
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return value;
  throw new RecordError("A doubleValue is no number.");
}

/**
 * A value of OpenTelemetry (opentelemetry.proto.common.v1.AnyValue in its JSON form) as JSON.
 * @throws RecordError
 */
export function fromAnyValue(any: unknown): unknown {
  if (!isRecord(any)) throw new RecordError("A value is not an object.");
  const [[kind, value] = [], ...more] = Object.entries(any);
  if (more.length > 0) throw new RecordError("A value has more than one form.");
  switch (kind) {
    case undefined:
      return null;
    case "stringValue":
    case "bytesValue":
      if (typeof value !== "string") throw new RecordError(`A ${kind} is no string.`);
      return value;
    case "boolValue":
      if (typeof value !== "boolean") throw new RecordError("A boolValue is no boolean.");
      return value;
    case "intValue":
      return toInt(value);
    case "doubleValue":
      return toDouble(value);
    case "arrayValue":
      return listOf(value, "values").map(fromAnyValue);
    case "kvlistValue":
      return fromAttributes(listOf(value, "values"));
    default:
      throw new RecordError(`A value has the unknown form ${kind.slice(0, 40)}.`);
  }
}

/** A list in a message; absent, it is empty. @throws RecordError */
export function listOf(message: unknown, field: string): unknown[] {
  if (!isRecord(message)) throw new RecordError(`What holds ${field} is not an object.`);
  const list = message[field] ?? [];
  if (!Array.isArray(list)) throw new RecordError(`${field} is not a list.`);
  return list;
}

const maxParts = 8;

/** The parts of a dotted key, unless that would put it inside the value of another key. */
function partsOf(key: string, all: ReadonlySet<string>): string[] {
  const parts = key.split(".");
  const isTaken = parts.some((_, at) => at > 0 && all.has(parts.slice(0, at).join(".")));
  return isTaken || parts.length > maxParts || parts.includes("") ? [key] : parts;
}

/**
 * Attributes as an object. Dotted keys become objects within objects, so that `service.name` is found
 * as `props.resource.service.name`; where one key begins another, the longer stays as it is.
 * @throws RecordError
 */
export function fromAttributes(attributes: readonly unknown[]): Json {
  const values = new Map<string, unknown>();
  for (const attribute of attributes) {
    if (!isRecord(attribute) || typeof attribute.key !== "string") {
      throw new RecordError("An attribute has no key.");
    }
    if (values.has(attribute.key)) throw new RecordError("An attribute is named twice.");
    values.set(attribute.key, fromAnyValue(attribute.value ?? {}));
  }
  const keys = new Set(values.keys());
  const result = emptyObject();
  for (const [key, value] of values) {
    const parts = partsOf(key, keys);
    const last = parts.pop() ?? key;
    let place = result;
    for (const part of parts) {
      place[part] ??= emptyObject();
      place = place[part] as Json;
    }
    place[last] = value;
  }
  return result;
}

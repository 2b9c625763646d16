/** An event as JSON text with the id it carries, or the place where one belongs. */
export type JsonReading =
  | { kind: "blank" }
  | { kind: "unreadable"; reason: string; message: string }
  | { kind: "event"; occurredAt?: number; json: (makeId: () => string) => string };

/**
 * Reads one line of JSON. The event is sent as the text it was written as: parsing and printing it
 * again would round long numbers and drop duplicate keys, which the server wants to see and refuse.
 */
export function readJsonLine(text: string): JsonReading {
  const trimmed = text.trim();
  if (trimmed === "") return { kind: "blank" };
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch (error) {
    return { kind: "unreadable", reason: "not_json", message: whyNot(error) };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "unreadable", reason: "not_an_object", message: "The line is not an object." };
  }
  const rest = trimmed.slice(1);
  const separator = Object.keys(value).length > 0 ? "," : "";
  const json = Object.hasOwn(value, "id")
    ? () => trimmed
    : (makeId: () => string) => `{"id":"${makeId()}"${separator}${rest}`;
  const occurredAt = timeOf(value);
  return occurredAt === undefined ? { kind: "event", json } : { kind: "event", json, occurredAt };
}

function whyNot(error: unknown): string {
  return error instanceof Error ? error.message : "The line is not JSON.";
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

function timeOf(value: object): number | undefined {
  if (!("occurredAt" in value) || typeof value.occurredAt !== "string") return undefined;
  if (!rfc3339.test(value.occurredAt)) return undefined;
  const time = Date.parse(value.occurredAt);
  return Number.isNaN(time) ? undefined : time;
}

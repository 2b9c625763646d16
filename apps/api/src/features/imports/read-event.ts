import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { eventBounds } from "@muniment/shared/events.ts";
import type { ImportReject } from "@muniment/shared/imports.ts";
import type { EventText } from "../../event-intake.ts";
import { forEachMember, scanValue, startOf } from "../../json-text.ts";
import { type CsvPlan, eventOfRow } from "./csv-event.ts";
import { derivedId } from "./derived-id.ts";
import { parseLight } from "./parse-light.ts";
import type { FileRecord } from "./split-records.ts";
import { Unreadable } from "./unreadable.ts";

/** What a line's id is made of: a digest of all lines before it, and how many before it have its time. */
export type LinePlace = { line: number; chain: string; time: number; run: number };

/** Before the first line of a file for an agent. */
export const firstPlace = (agentId: string): LinePlace => ({
  line: 1,
  chain: hash("sha256", `import ${agentId}`, "hex"),
  time: -1,
  run: 0,
});

export type ReadRecord = { line: number } & ({ event: EventText } | { reject: ImportReject });

/** What an export adds to an event, and no event can be sent with. */
const added = new Set(["agentId", "receivedAt"]);

function withoutAdded(text: string): string {
  const members: string[] = [];
  forEachMember(text, startOf(text), (key, at) => {
    const { end } = scanValue(text, at);
    if (!added.has(key)) members.push(`${JSON.stringify(key)}:${text.slice(at, end)}`);
    return end;
  });
  return `{${members.join(",")}}`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a line is one of an export. */
export const isExported = (value: unknown): boolean =>
  isObject(value) && [...added].every((name) => Object.hasOwn(value, name));

/** @throws Unreadable */
function parse(text: string): unknown {
  try {
    return parseLight(text);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    const why = error instanceof Error ? error.message.slice(0, 200) : "";
    throw new Unreadable("invalid_json", `The line is not JSON: ${why}`);
  }
}

/** Text of a record, a byte order mark at the beginning of the file left out. @throws Unreadable */
export function textOf({ bytes, line }: FileRecord): string {
  if (bytes === "too long") {
    throw new Unreadable("too_large", "The line is too long for an event.");
  }
  if (bytes === "never closed") {
    throw new Unreadable("invalid_csv", "A quote begins here that is never closed.");
  }
  if (!isUtf8(bytes)) throw new Unreadable("invalid_utf8", "The line is not UTF-8.");
  const text = bytes.toString("utf8");
  return line === 1 && text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** @throws Unreadable */
function readOne(text: string, plan: CsvPlan | null): EventText {
  const json = plan ? eventOfRow(text, plan) : text;
  const value = parse(json);
  if (plan) return { text: json, value, exported: plan.isExport };
  if (!isExported(value)) return { text: json, value };
  for (const name of added) delete (value as Record<string, unknown>)[name];
  return { text: withoutAdded(json), value, exported: true };
}

function timeOf(value: Record<string, unknown>): number {
  const at = typeof value.occurredAt === "string" ? Date.parse(value.occurredAt) : Number.NaN;
  return Number.isNaN(at) ? eventBounds.earliest : Math.max(at, eventBounds.earliest);
}

/** Spaces are a cell of CSV, and nothing in NDJSON. */
const isBlank = (bytes: FileRecord["bytes"], plan: CsvPlan | null): boolean =>
  bytes.length === 0 ||
  (plan === null && bytes instanceof Buffer && bytes.every((one) => one === 0x20 || one === 0x09));

/**
 * Reads the record at a place of a file, and answers the place after it. A line that brings no id gets
 * one of the agent, the lines before it and itself: the same file again, or grown, brings only what is new.
 */
export function readEvent(
  record: FileRecord,
  place: LinePlace,
  plan: CsvPlan | null,
): { read: ReadRecord | null; next: LinePlace } {
  const { bytes, line, nextLine } = record;
  if (isBlank(bytes, plan)) return { read: null, next: { ...place, line: nextLine } };
  const chain = hash(
    "sha256",
    Buffer.concat([Buffer.from(place.chain), Buffer.from(bytes)]),
    "hex",
  );
  const same = { ...place, chain, line: nextLine };
  try {
    const event = readOne(textOf(record), plan);
    const { value } = event;
    if (!isObject(value)) throw new Unreadable("invalid_event", "An event is a JSON object.");
    const time = timeOf(value);
    const run = time === place.time ? place.run + 1 : 0;
    const next = { line: nextLine, chain, time, run };
    if (Object.hasOwn(value, "id")) return { read: { line, event }, next };
    const id = derivedId(time, run, chain);
    const rest = event.text.trimStart().slice(1);
    const comma = Object.keys(value).length > 0 ? "," : "";
    value.id = id;
    return { read: { line, event: { text: `{"id":"${id}"${comma}${rest}`, value } }, next };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const reject = { line, reason: error.reason, message: error.message };
    return { read: { line, reject }, next: same };
  }
}

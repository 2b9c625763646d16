import { eventLevels } from "../events.ts";
import { queryFields } from "./terms.ts";

/** What a person's events hold, as far as it is known: most frequent first. */
export type KnownValues = {
  types?: readonly string[];
  /** Names of agents. */
  agents?: readonly string[];
  subjects?: readonly string[];
  /** Dotted paths of properties, without `props.`. */
  paths?: readonly string[];
  /** Values of a property, as they would be written. */
  valuesOf?: (path: string) => readonly string[];
};

/** `text` takes the place of what stands from `from` to `to`; a field's ends with its operator. */
export type Completion = {
  kind: "field" | "value" | "operator";
  text: string;
  from: number;
  to: number;
};

const mostCompletions = 20;
const times = ["15m", "1h", "24h", "7d", "30d"];
const afterPath = [":", ">", ">=", "<", "<=", "="];

/** The begin of the term under the cursor: behind the last space, parenthesis or minus outside of quotes. */
function termStart(text: string, cursor: number): number {
  let start = 0;
  let quoted = false;
  for (let at = 0; at < cursor; at += 1) {
    const character = text[at] ?? "";
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && /[\s()]/.test(character)) start = at + 1;
    else if (!quoted && character === "-" && at === start) start = at + 1;
  }
  return start;
}

function termEnd(text: string, cursor: number): number {
  let end = cursor;
  while (end < text.length && !/[\s()]/.test(text[end] ?? "")) end += 1;
  return end;
}

const needsQuotes = /[\s()"*]/;
const written = (value: string) =>
  needsQuotes.test(value) ? `"${value.replaceAll(/["\\]/g, "\\$&")}"` : value;

function valuesOf(field: string, known: KnownValues): readonly string[] {
  if (field === "level") return eventLevels;
  if (field === "since" || field === "until") return times;
  if (field === "type") return withPrefixes(known.types ?? []);
  if (field === "agent") return (known.agents ?? []).map(written);
  if (field === "subject") return (known.subjects ?? []).map(written);
  const path = field.startsWith("props.") ? field.slice("props.".length) : "";
  return path === "" ? [] : ["*", ...(known.valuesOf?.(path) ?? [])];
}

/** Types, then the prefixes that at least two of them share. */
function withPrefixes(types: readonly string[]): string[] {
  const shared = new Map<string, number>();
  for (const type of types) {
    for (let at = type.indexOf("."); at !== -1; at = type.indexOf(".", at + 1)) {
      const prefix = `${type.slice(0, at)}.*`;
      shared.set(prefix, (shared.get(prefix) ?? 0) + 1);
    }
  }
  return [...types, ...[...shared].filter(([, count]) => count > 1).map(([prefix]) => prefix)];
}

/** What could stand at the cursor of a query that is being written, the likeliest first; at most 20. */
export function completeEventQuery(text: string, cursor: number, known: KnownValues): Completion[] {
  const from = termStart(text, cursor);
  const typed = text.slice(from, cursor);
  const to = termEnd(text, cursor);
  const [, field, operator = "", begun = ""] = /^([^:=<>"]+)(>=|<=|[:=<>])(.*)$/s.exec(typed) ?? [];
  if (field !== undefined) {
    const start = from + field.length + operator.length;
    const plain = begun.replace(/^"/, "").toLowerCase();
    return valuesOf(field, known)
      .filter((value) => value.replace(/^"/, "").toLowerCase().includes(plain))
      .slice(0, mostCompletions)
      .map((value) => ({ kind: "value", text: value, from: start, to }));
  }
  if (typed.startsWith('"')) return [];
  const paths = (known.paths ?? []).map((path) => `props.${written(path)}`);
  if (paths.includes(typed)) {
    return afterPath.map((one) => ({ kind: "operator", text: `${typed}${one}`, from, to }));
  }
  const fields = queryFields.map((name) => (name === "props" ? "props." : `${name}:`));
  return [...fields, ...paths]
    .filter((one) => one.toLowerCase().includes(typed.toLowerCase()))
    .slice(0, mostCompletions)
    .map((one) => ({ kind: "field", text: one, from, to }));
}

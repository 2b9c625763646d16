import type { Scalar } from "@muniment/shared/event-query/query.ts";
import type { Event } from "@muniment/shared/events.ts";

const deepest = 3;
const mostSuggested = 4;
const mostNumbers = 12;

/** The scalar properties of an event with their dotted paths; lists, and keys that hold a dot, have none. */
export function scalarProps(props: Event["props"], prefix = "", depth = 1): [string, Scalar][] {
  return Object.entries(props).flatMap(([key, value]): [string, Scalar][] => {
    if (key === "" || /[\s.]/.test(key)) return [];
    const path = prefix + key;
    if (isScalar(value)) return [[path, value]];
    if (!isRecord(value) || depth === deepest) return [];
    return scalarProps(value, `${path}.`, depth + 1);
  });
}

export function isScalar(value: unknown): value is Scalar {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every path found in the events, most frequent first. */
export function pathsIn(events: readonly Event[]): string[] {
  return [...valuesByPath(events)]
    .sort(([a, valuesA], [b, valuesB]) => valuesB.length - valuesA.length || a.localeCompare(b))
    .map(([path]) => path);
}

/**
 * The paths that divide the events best: present in many, and with values that repeat.
 * Numbers that take many values are ids or amounts, which tell nothing when counted.
 */
export function suggestPaths(events: readonly Event[]): string[] {
  return [...valuesByPath(events)]
    .map(([path, values]) => {
      const different = new Set(values).size;
      const amount = different > mostNumbers && values.every((value) => typeof value === "number");
      // What is the same everywhere divides nothing, but may still be worth seeing.
      const repeated = different === 1 ? 0.1 : amount ? 0 : 1 - different / values.length;
      return { path, score: (values.length / events.length) * repeated, values };
    })
    .filter(({ score, values }) => score > 0 && values.length > 1)
    .sort((a, b) => b.score - a.score || a.path.localeCompare(b.path))
    .slice(0, mostSuggested)
    .map(({ path }) => path);
}

/** Facets show the beginning of longer values. */
const longestShown = 256;

/**
 * The value that a facet shows as text, as some loaded event holds it; text when none does;
 * undefined when only its beginning is known.
 */
export function typedValue(
  events: readonly Event[],
  path: string,
  text: string,
): Scalar | undefined {
  for (const { props } of events) {
    const found = scalarProps(props).find(([one, value]) => one === path && shown(value) === text);
    if (found) return found[1];
  }
  return text.length < longestShown ? text : undefined;
}

function shown(value: Scalar): string {
  return String(value).slice(0, longestShown);
}

function valuesByPath(events: readonly Event[]): Map<string, Scalar[]> {
  const found = new Map<string, Scalar[]>();
  for (const { props } of events) {
    for (const [path, value] of scalarProps(props)) {
      if (value === null) continue;
      const values = found.get(path);
      if (values) values.push(value);
      else found.set(path, [value]);
    }
  }
  return found;
}

import type { Scalar } from "@muniment/shared/event-query/query.ts";
import { hashOf, hashOfBoth } from "./signature.ts";

/** The hashes of what the signatures hold; `sum-up.ts` puts them in, `candidates.ts` asks for them. */
export const agentTerm = (agentId: string) => hashOf(agentId);
export const levelTerm = (level: number) => hashOfBoth(level, 1);
export const pathTerm = (path: string) => hashOf(path);

const tags = { string: 1, number: 2, boolean: 3, object: 4 } as const;

/** A value at a path of this hash. */
function valueAt(path: number, value: Scalar): number {
  const tag = tags[typeof value as keyof typeof tags];
  // -0 and 0 are one number to PostgreSQL, and here one text.
  return hashOf(String(value), hashOfBoth(path, tag));
}
export const valueTerm = (path: string, value: Scalar) => valueAt(pathTerm(path), value);

type Visitor = {
  term: (hash: number) => void;
  number: (path: string, value: number) => void;
};

/**
 * Tells everything in the properties of an event that a path without numbers can lead to: the term of
 * its path, and that of its value where it is a scalar. Lists are not entered: what counts their items
 * is not asked for.
 */
export function walkProps(props: object, visitor: Visitor, prefix = "", before = hashOf("")): void {
  for (const [key, value] of Object.entries(props)) {
    const path = hashOf(key, before);
    visitor.term(path);
    if (typeof value === "object" && value !== null) {
      if (!Array.isArray(value)) walkProps(value, visitor, `${prefix}${key}.`, hashOf(".", path));
      continue;
    }
    visitor.term(valueAt(path, value));
    if (typeof value === "number") visitor.number(prefix + key, value);
  }
}

import { type Deliveries, shownGaps } from "@muniment/shared/agents.ts";

/** Numbers that have arrived: `from` inclusive, `to` exclusive. */
export type SeenRange = { from: number; to: number };

/** Describes rising ranges that do not touch; null for none. */
export function toSequence(seen: readonly SeenRange[], lost: number): Deliveries["sequence"] {
  const [first, last] = [seen.at(0), seen.at(-1)];
  if (!first || !last) return null;
  const gaps = seen.slice(1).map(({ from }, before) => ({
    from: seen[before]?.to ?? from,
    to: from - 1,
  }));
  const missing = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const newest = gaps.slice(-shownGaps).reverse();
  return { first: first.from, last: last.to - 1, missing, lost, gaps: newest };
}

import type { Statements } from "@muniment/db/statements.ts";

const changesPerFold = 20_000;
/** More than a second's worth at full ingest; what is left waits for the next time. */
const mostFolds = 20;

/** Adds what was stored and deleted since the last time to the counts of charts. Only speed depends on it. */
export async function foldCounts(raw: Statements): Promise<void> {
  for (let fold = 0; fold < mostFolds; fold += 1) {
    const [row] = await raw`select fold_event_counts(${changesPerFold}::int) as folded`;
    if (row?.folded !== changesPerFold) return;
  }
}

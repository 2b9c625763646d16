import type { Statements } from "@muniment/db/statements.ts";

/** Each changes up to eight counts: a transaction far below the time-out of statements. */
const changesPerFold = 1000;
/** What is left waits for the next time. */
const mostFolds = 50;

/** Adds what was stored and deleted since the last time to the counts of charts. Only speed depends on it. */
export async function foldCounts(raw: Statements): Promise<void> {
  for (let fold = 0; fold < mostFolds; fold += 1) {
    const [row] = await raw`select fold_event_counts(${changesPerFold}::int) as folded`;
    if (row?.folded !== changesPerFold) return;
  }
}

/**
 * Adds what was sent since the last time to the counters of agents and to the sequences of their own
 * numbers. Only speed depends on it.
 */
export async function foldAgentCounters(raw: Statements): Promise<void> {
  for (let fold = 0; fold < mostFolds; fold += 1) {
    const [row] = await raw`select fold_agent_counters(${changesPerFold}::int) as folded`;
    if (row?.folded !== changesPerFold) return;
  }
}

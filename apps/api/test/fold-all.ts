import { setTimeout as sleep } from "node:timers/promises";
import { foldAgentCounters, foldCounts } from "../src/features/events/fold-counts.ts";
import type { TestServer } from "./harness.ts";

/**
 * The server folds by itself every second, and while it does a fold of ours leaves all to it; another
 * transaction that runs may hold something back for a moment, too.
 */
async function foldAll(server: TestServer, fold: typeof foldCounts, changes: string) {
  for (const from = performance.now(); performance.now() - from < 60_000; ) {
    await fold(server.deps.database.raw);
    const left = await server.owner`select 1 from ${server.owner(changes)} limit 1`;
    if (left.length === 0) return;
    await sleep(20);
  }
  throw new Error("what is to be added up does not come to an end");
}

/** Adds up all that was stored and deleted, for the counts of charts. */
export const foldAllCounts = (server: TestServer) =>
  foldAll(server, foldCounts, "event_count_changes");

/** Adds up all that was sent, for the counters of agents and the gaps in their numbers. */
export const foldAllAgentCounters = (server: TestServer) =>
  foldAll(server, foldAgentCounters, "agent_counter_changes");

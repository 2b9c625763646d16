import type { Statements } from "@muniment/db/statements.ts";
import type postgres from "postgres";
import { claimIds } from "./claim-ids.ts";
import type { ParsedEvent } from "./parse-event.ts";
import { createPartitions, isWithoutPartition } from "./partitions.ts";
import { tally } from "./tally.ts";
import { writeStored } from "./write-stored.ts";

/** The events of one call that may be stored. */
export type Batch = {
  userId: string;
  agentId: string;
  apiKeyId: string;
  batchId: string;
  receivedAt: number;
  events: ParsedEvent[];
  /** How many of the call's events were refused before. */
  rejected: number;
};

/** What became of a batch: the rest of its events are duplicates. `conflicts` are places in `events`. */
export type StoredBatch = { accepted: number; conflicts: number[] };

export type StoreEvents = (batches: readonly Batch[]) => Promise<StoredBatch[]>;

async function store(
  sql: postgres.TransactionSql,
  batches: readonly Batch[],
): Promise<StoredBatch[]> {
  const claims = batches.flatMap(({ userId, events }) =>
    events.map(({ id, at, digest }) => ({ userId, id, at, digest })),
  );
  const tallied = tally(batches, claims.length === 0 ? [] : await claimIds(sql, claims));
  await writeStored(sql, batches, tallied);
  return tallied.answers;
}

/** Stores batches of any users in one transaction over a connection of the ingest role. */
export function createStoreEvents(pool: Statements): StoreEvents {
  const partitions = createPartitions(pool);
  return async (batches) => {
    const attempt = async () => {
      await partitions.ensure(batches.flatMap(({ events }) => events.map(({ at }) => at)));
      return pool.begin("isolation level read committed", (sql) => store(sql, batches));
    };
    try {
      return await attempt();
    } catch (error) {
      if (!isWithoutPartition(error)) throw error;
      partitions.forget();
      return attempt();
    }
  };
}

import type { Database } from "@muniment/db/database.ts";
import { isUniqueViolation } from "@muniment/db/unavailable.ts";
import { copiesOf } from "./copy-events.ts";
import type { HeldBatch } from "./held-batch.ts";
import { findKnown } from "./known-ids.ts";
import { createPartitions, isWithoutPartition } from "./partitions.ts";
import { type Tally, tally } from "./tally.ts";
import { receiptsStatement, receiptsValues } from "./write-receipts.ts";

/** What became of a batch: the rest of its events are duplicates. `conflicts` are places in `events`. */
export type StoredBatch = { accepted: number; conflicts: number[] };

export type StoreEvents = (batches: readonly HeldBatch[]) => Promise<StoredBatch[]>;

/** Each failure means that a rival has stored something, or that a partition is gone: neither lasts. */
const mostAttempts = 20;

/** Stores batches of any users in one transaction over a connection of the ingest role. */
export function createStoreEvents({
  ingest,
  bulk,
}: Pick<Database, "ingest" | "bulk">): StoreEvents {
  const partitions = createPartitions(ingest);

  /** All of it or, where an id is known already, nothing. */
  async function store(tallied: Tally): Promise<void> {
    const partitionOf = await partitions.ensure(tallied.stored.map(({ at }) => at));
    await bulk.send({
      copies: copiesOf(tallied.stored, partitionOf),
      statement: receiptsStatement,
      values: receiptsValues(tallied),
    });
  }

  return async (batches) => {
    let tallied = tally(batches);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await store(tallied);
        return tallied.answers;
      } catch (error) {
        const isKnown = isUniqueViolation(error);
        if (attempt === mostAttempts || !(isKnown || isWithoutPartition(error))) throw error;
        if (isKnown) tallied = tally(batches, await findKnown(ingest, batches));
        else partitions.forget();
      }
    }
  };
}

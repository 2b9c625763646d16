import type { Statements } from "@muniment/db/statements.ts";
import { isDatabaseUnavailable, isUniqueViolation } from "@muniment/db/unavailable.ts";
import type postgres from "postgres";
import { claimIds } from "./claim-ids.ts";
import { copyEvents, copyIds, type Sent } from "./copy-events.ts";
import type { ParsedEvent } from "./parse-event.ts";
import { createPartitions, isWithoutPartition, type PartitionOf } from "./partitions.ts";
import { type Tally, tally } from "./tally.ts";
import { writeReceipts } from "./write-receipts.ts";

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

const isBefore = (one: Sent, other: Sent) =>
  one.batch.userId === other.batch.userId
    ? one.event.id < other.event.id
    : one.batch.userId < other.batch.userId;

/** By user and id; null when an id is sent twice. */
function sorted(sent: readonly Sent[]): Sent[] | null {
  const inOrder = [...sent].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  for (let next = 1; next < inOrder.length; next += 1) {
    const [one, other] = [inOrder[next - 1], inOrder[next]];
    if (one && other && !isBefore(one, other)) return null;
  }
  return inOrder;
}

/** Stores what is new altogether; answers whether it was, having written nothing when not. */
async function storeNew(
  sql: postgres.Sql,
  tallied: Tally,
  partitionOf: PartitionOf,
): Promise<boolean> {
  const inOrder = sorted(tallied.stored);
  if (!inOrder) return false;
  try {
    await copyIds(sql, inOrder);
    await copyEvents(sql, tallied.stored, partitionOf);
    // Both at once; when the first fails, the other rolls back.
    await Promise.all([writeReceipts(sql, tallied).execute(), sql`commit`.execute()]);
    return true;
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    await sql`rollback`;
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Finds out of each event whether its id is known, and stores those that are new. */
async function storeOthers(
  sql: postgres.TransactionSql,
  batches: readonly Batch[],
  partitionOf: PartitionOf,
): Promise<StoredBatch[]> {
  const claims = batches.flatMap(({ userId, events }) =>
    events.map(({ id, at, digest }) => ({ userId, id, at, digest })),
  );
  const tallied = tally(batches, claims.length === 0 ? [] : await claimIds(sql, claims));
  await copyEvents(sql, tallied.stored, partitionOf);
  await writeReceipts(sql, tallied);
  return tallied.answers;
}

/** Stores batches of any users in one transaction over a connection of the ingest role. */
export function createStoreEvents(pool: Statements): StoreEvents {
  const partitions = createPartitions(pool);
  return async (batches) => {
    const allNew = tally(batches);
    const attempt = async () => {
      const partitionOf = await partitions.ensure(allNew.stored.map(({ event }) => event.at));
      if (allNew.stored.length > 0) {
        const isStored = await pool.use((sql) => storeNew(sql, allNew, partitionOf));
        if (isStored) return allNew.answers;
      }
      return pool.begin("isolation level read committed", (sql) =>
        storeOthers(sql, batches, partitionOf),
      );
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

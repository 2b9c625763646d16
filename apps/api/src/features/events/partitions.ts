import type { Statements } from "@muniment/db/statements.ts";

export type Partitions = {
  /** Makes the partitions of these times that this process does not know of yet. */
  ensure(times: Iterable<number>): Promise<void>;
  /** One was missing after all: it may have been dropped. */
  forget(): void;
};

/** Months since the year 0, UTC. */
function monthOf(time: number): number {
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Remembers which months have a partition, so that only an event of another month asks the database. */
export function createPartitions(pool: Statements): Partitions {
  const known = new Set<number>();
  return {
    async ensure(times) {
      const missing = new Map<number, number>();
      for (const time of times) {
        const month = monthOf(time);
        if (!known.has(month)) missing.set(month, time);
      }
      for (const [month, time] of missing) {
        await pool`select ensure_event_partition(${new Date(time).toISOString()}::text::timestamptz)`;
        known.add(month);
      }
    },
    forget: () => known.clear(),
  };
}

/** Whether a row found no partition. */
export const isWithoutPartition = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "23514";

import type { Statements } from "@muniment/db/statements.ts";

export type Partitions = {
  /** Makes the partitions of these months (`YYYY-MM`, UTC) that this process does not know of yet. */
  ensure(months: Iterable<string>): Promise<void>;
  /** One was missing after all: it may have been dropped. */
  forget(): void;
};

/** Remembers which months have a partition, so that only an event of another month asks the database. */
export function createPartitions(pool: Statements): Partitions {
  const known = new Set<string>();
  return {
    async ensure(months) {
      for (const month of new Set(months)) {
        if (known.has(month)) continue;
        await pool`select ensure_event_partition(${`${month}-01T00:00:00Z`}::text::timestamptz)`;
        known.add(month);
      }
    },
    forget: () => known.clear(),
  };
}

/** Whether a row found no partition. */
export const isWithoutPartition = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "23514";

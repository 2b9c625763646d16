import type { Statements } from "@muniment/db/statements.ts";

/** The partition of a time, for which `ensure` was asked. */
export type PartitionOf = (time: number) => string;

export type Partitions = {
  /** Makes the partitions of these times that this process does not know of yet. */
  ensure(times: Iterable<number>): Promise<PartitionOf>;
  /** One was missing after all: it may have been dropped. */
  forget(): void;
};

type Month = { from: number; to: number; partition: string };

function monthOf(time: number): Omit<Month, "partition"> {
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) };
}

/** Remembers which months have a partition, so that only an event of another month asks the database. */
export function createPartitions(pool: Statements): Partitions {
  let known: Month[] = [];

  async function ask(time: number): Promise<Month> {
    const at = new Date(time).toISOString();
    const [row] = await pool`select ensure_event_partition(${at}::text::timestamptz) as name`;
    const partition = String(row?.name);
    if (!/^events_\d{4}(_\d\d)?$/.test(partition)) throw new Error("no partition was made");
    return { ...monthOf(time), partition };
  }

  return {
    async ensure(times) {
      const months = known;
      // Most events lie in the month of the one before.
      let last: Month | undefined;
      const find = (time: number) => {
        if (last && time >= last.from && time < last.to) return last;
        last = months.find(({ from, to }) => time >= from && time < to);
        return last;
      };
      for (const time of times) if (!find(time)) months.push(await ask(time));
      return (time) => {
        const month = find(time);
        if (!month) throw new Error("the partition of a time was not asked for");
        return month.partition;
      };
    },
    forget() {
      known = [];
    },
  };
}

/** Whether the partition of a row is not there: check_violation, undefined_table. */
export const isWithoutPartition = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "23514" || error.code === "42P01");

import type { Dimension } from "./dimension.ts";
import type { Question } from "./question.ts";
import type { TimeRange } from "./time-range.ts";

export const hourMilliseconds = 3_600_000 as const;

/** What is counted: the events of a user that pass, apart by intervals and values. */
export type Counting = Question & {
  userId: string;
  /** Columns `v0`, `v1`, ... of the answer. */
  by: readonly Dimension[];
  /** Milliseconds; absent: everything is one interval. */
  step?: number | undefined;
  now: number;
  /** Where the events that pass lie, if that is known; no time in two of them. */
  pieces?: readonly TimeRange[] | undefined;
  /** Where single events are counted: only so many, the newest that pass. */
  newest?: number | undefined;
};

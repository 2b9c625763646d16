import type { LimitRule } from "@muniment/shared/limits.ts";
import type { Redis } from "ioredis";
import type { Breaker } from "./breaker.ts";
import { createMemoryCounters } from "./memory-counters.ts";
import { createRedisCounters } from "./redis-counters.ts";

/** A counter after something was counted, or would have been. */
export type Count = { allowed: boolean; counted: number; millisecondsLeft: number };

/**
 * Counters in fixed windows, by key. What would pass the limit is not counted, and no counter goes
 * below zero (`limits-contract.test.ts`).
 */
export type Counters = {
  take(key: string, points: number, rule: LimitRule): Count;
  giveBack(key: string, points: number, rule: LimitRule): void;
  counted(key: string): number;
};

export type AsyncCounters = {
  [Act in keyof Counters]: (
    ...args: Parameters<Counters[Act]>
  ) => ReturnType<Counters[Act]> | Promise<ReturnType<Counters[Act]>>;
};

/** Counters of one name: in memory, or in Redis and, while it is away, in memory. */
export function createCounters(name: string, redis: Redis | null, breaker: Breaker): AsyncCounters {
  const memory = createMemoryCounters();
  if (!redis) return memory;
  const shared = createRedisCounters(name, redis);
  const inBoth =
    <Args extends unknown[], Answer>(
      there: (...args: Args) => Answer | Promise<Answer>,
      here: (...args: Args) => Answer,
    ) =>
    (...args: Args) => {
      if (redis.status !== "ready") return here(...args);
      return breaker(
        async () => there(...args),
        () => here(...args),
      );
    };
  return {
    take: inBoth(shared.take, memory.take),
    giveBack: inBoth(shared.giveBack, memory.giveBack),
    counted: inBoth(shared.counted, memory.counted),
  };
}

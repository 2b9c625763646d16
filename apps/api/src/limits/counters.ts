import type { LimitRule } from "@muniment/shared/limits.ts";
import type { Redis } from "ioredis";
import type { Breaker } from "./breaker.ts";
import { createMemoryCounters } from "./memory-counters.ts";
import { createRedisCounters } from "./redis-counters.ts";

/** A counter after something was counted, or would have been. */
export type Count = {
  allowed: boolean;
  counted: number;
  millisecondsLeft: number;
  /** Takes what was counted off this counter again, in this window; once, and only where it was allowed. */
  giveBack(): void | Promise<void>;
};

/** Counters in fixed windows, by key. What would pass the limit is not counted. */
export type Counters = {
  take(key: string, points: number, rule: LimitRule): Count;
  counted(key: string): number;
};

export type AsyncCounters = {
  [Act in keyof Counters]: (
    ...args: Parameters<Counters[Act]>
  ) => ReturnType<Counters[Act]> | Promise<ReturnType<Counters[Act]>>;
};

/**
 * Counters of one name: in memory, or in Redis and, while it is away, in memory. Given back is only where
 * it was counted: elsewhere it would make room for one more than the limit (docs/adr/0071).
 */
export function createCounters(name: string, redis: Redis | null, breaker: Breaker): AsyncCounters {
  const memory = createMemoryCounters();
  if (!redis) return memory;
  const shared = createRedisCounters(name, redis);
  return {
    take: (key, points, rule) =>
      breaker(
        async () => {
          const askedAt = performance.now();
          const count = await shared.take(key, points, rule);
          const giveBack = () => {
            // Nothing of it was counted in the next window, so there is nothing to ask Redis for.
            if (performance.now() - askedAt >= count.millisecondsLeft) return;
            return breaker(
              async () => count.giveBack(),
              () => {},
            );
          };
          return { ...count, giveBack };
        },
        () => memory.take(key, points, rule),
      ),
    counted: (key) =>
      breaker(
        async () => shared.counted(key),
        () => memory.counted(key),
      ),
  };
}

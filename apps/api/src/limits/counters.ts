import type { LimitRule } from "@muniment/shared/limits.ts";
import type { Redis } from "ioredis";
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
export function createCounters(name: string, redis: Redis | null): AsyncCounters {
  const memory = createMemoryCounters();
  if (!redis) return memory;
  const shared = createRedisCounters(name, redis);
  return {
    take: async (...args) => {
      try {
        return await shared.take(...args);
      } catch {
        return memory.take(...args);
      }
    },
    giveBack: async (...args) => {
      try {
        await shared.giveBack(...args);
      } catch {
        memory.giveBack(...args);
      }
    },
    counted: async (key) => {
      try {
        return await shared.counted(key);
      } catch {
        return memory.counted(key);
      }
    },
  };
}

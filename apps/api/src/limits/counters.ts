import type { LimitRule } from "@muniment/shared/limits.ts";
import type { Redis } from "ioredis";
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  RLWrapperTimeouts,
} from "rate-limiter-flexible";

/*
 * The library counts blocked calls too, and lets a refund that comes after the end of a window make
 * the next one larger than the limit. Both counters here count neither: a blocked call leaves the
 * counter as it was, and no counter goes below zero.
 */

class MemoryCounters extends RateLimiterMemory {
  override async consume(...[key, points, options]: Parameters<RateLimiterMemory["consume"]>) {
    try {
      return await super.consume(key, points, options);
    } catch (blocked) {
      if (blocked instanceof RateLimiterRes) await super.reward(key, points);
      throw blocked;
    }
  }

  override async reward(...[key, points = 1, options]: Parameters<RateLimiterMemory["reward"]>) {
    const before = await this.get(key);
    return super.reward(key, Math.min(points, before?.consumedPoints ?? 0), options);
  }
}

// The library calls it with: points to add, seconds of the window, the limit.
const countScript = `
  local ttl = redis.call('pttl', KEYS[1])
  local counted = 0
  if ttl > 0 then counted = tonumber(redis.call('get', KEYS[1])) else ttl = 1000 * tonumber(ARGV[2]) end
  local points = tonumber(ARGV[1])
  local wanted = math.max(0, counted + points)
  if points > 0 and wanted > tonumber(ARGV[3]) then return {wanted, ttl} end
  redis.call('set', KEYS[1], wanted, 'PX', ttl)
  return {wanted, ttl}
`;

/** A Redis that does not answer in this time counts as gone. */
const redisTimeoutMilliseconds = 500;

/** Counters of one name; `setRule` holds from the next call on. */
export function createCounters(name: string, redis: Redis | null) {
  const options = { keyPrefix: `muniment:${name}`, points: 1, duration: 1 };
  const memory = new MemoryCounters(options);
  const shared =
    redis &&
    new RateLimiterRedis({
      ...options,
      storeClient: redis,
      customIncrTtlLuaScript: countScript,
    });
  const counters: RateLimiterAbstract = shared
    ? new RLWrapperTimeouts({
        limiter: shared,
        timeoutMs: redisTimeoutMilliseconds,
        insuranceLimiter: memory,
      })
    : memory;
  return {
    counters,
    setRule({ points, durationSeconds }: LimitRule) {
      for (const store of shared ? [shared, memory] : [memory]) {
        store.points = points;
        store.duration = durationSeconds;
      }
    },
  };
}

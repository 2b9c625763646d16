import type { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { AsyncCounters } from "./counters.ts";

// The library calls it with: points to add, seconds of the window, the limit. It would itself count
// blocked calls too, and let a refund after the end of a window make the next one too large.
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
const timeoutMs = 500;

/**
 * Rejects when `answer` takes too long. It waits in two halves: where this process stood still, the
 * first ends at once, and what Redis answered meanwhile is read before the second does.
 */
async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const give = () => reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
    timer = setTimeout(() => {
      timer = setTimeout(give, timeoutMs / 2);
    }, timeoutMs / 2);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Counters that all nodes share. They reject while Redis is away. */
export function createRedisCounters(name: string, storeClient: Redis): AsyncCounters {
  const limiter = new RateLimiterRedis({
    keyPrefix: `muniment:${name}`,
    points: 1,
    duration: 1,
    storeClient,
    customIncrTtlLuaScript: countScript,
  });
  return {
    async take(key, points, rule) {
      limiter.points = rule.points;
      limiter.duration = rule.durationSeconds;
      const [allowed, { consumedPoints, msBeforeNext }] = await inTime(
        limiter.consume(key, points),
      ).then(
        (result) => [true, result] as const,
        (blocked: unknown) => {
          if (blocked instanceof RateLimiterRes) return [false, blocked] as const;
          throw blocked;
        },
      );
      return {
        allowed,
        counted: consumedPoints,
        millisecondsLeft: msBeforeNext,
        async giveBack() {
          limiter.points = rule.points;
          limiter.duration = rule.durationSeconds;
          await inTime(limiter.reward(key, points));
        },
      };
    },
    async counted(key) {
      return (await inTime(limiter.get(key)))?.consumedPoints ?? 0;
    },
  };
}

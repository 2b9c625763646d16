import { type LimitName, type LimitRule, limitNames } from "@muniment/shared/limits.ts";
import type { Redis } from "ioredis";
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from "rate-limiter-flexible";

/** One counter after a call was counted. */
export type LimitState = {
  name: string;
  rule: LimitRule;
  allowed: boolean;
  remaining: number;
  /** Seconds until the window ends. */
  resetSeconds: number;
};

export type Limits = {
  /** Counts `points` against a rule, atomically; a blocked call is told so and not counted further. */
  consume(
    name: LimitName,
    key: string,
    options?: { points?: number; procedure?: string },
  ): Promise<LimitState>;
  /** Gives points back: what was counted ahead turned out not to count. */
  refund(name: LimitName, key: string, points?: number): Promise<void>;
  /** Forgets a counter. */
  clear(name: LimitName, key: string): Promise<void>;
  /** The rule in force: an override for the procedure, else for the class, else the default. */
  rule(name: LimitName, procedure?: string): { name: string; rule: LimitRule };
  isOverridden(name: string): boolean;
  procedureOverrides(): { name: LimitName; procedure: string }[];
  /** Replaces all overrides; `name` or `name:procedure`. */
  override(rules: ReadonlyMap<string, LimitRule>): void;
};

/**
 * Counters in memory, or in Redis when several nodes share them. While Redis is away each node
 * counts by itself: a limit weaker than configured, but never none.
 */
export function createLimits(defaults: Record<LimitName, LimitRule>, redis: Redis | null): Limits {
  let overrides: ReadonlyMap<string, LimitRule> = new Map();
  const limiters = new Map<string, RateLimiterAbstract>();

  function limiterOf(name: string, rule: LimitRule): RateLimiterAbstract {
    const id = `${name}:${rule.points}:${rule.durationSeconds}`;
    const known = limiters.get(id);
    if (known) return known;
    const options = {
      keyPrefix: `muniment:${name}`,
      points: rule.points,
      duration: rule.durationSeconds,
    };
    const memory = new RateLimiterMemory(options);
    const made = redis
      ? new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: memory })
      : memory;
    limiters.set(id, made);
    return made;
  }

  function rule(name: LimitName, procedure?: string) {
    const own = procedure ? overrides.get(`${name}:${procedure}`) : undefined;
    if (own) return { name: `${name}:${procedure}`, rule: own };
    return { name, rule: overrides.get(name) ?? defaults[name] };
  }

  return {
    rule,
    isOverridden: (name) => overrides.has(name),
    procedureOverrides: () =>
      [...overrides.keys()].flatMap((full) => {
        const [name, procedure] = full.split(":");
        const known = limitNames.find((limit) => limit === name);
        return known && procedure ? [{ name: known, procedure }] : [];
      }),
    override(rules) {
      overrides = rules;
    },
    async consume(name, key, { points = 1, procedure } = {}) {
      const inForce = rule(name, procedure);
      const answer = await limiterOf(inForce.name, inForce.rule)
        .consume(key, points)
        .then((result) => ({ allowed: true, result }))
        .catch((error: unknown) => {
          if (error instanceof RateLimiterRes) return { allowed: false, result: error };
          throw error;
        });
      return {
        ...inForce,
        allowed: answer.allowed,
        remaining: Math.max(0, answer.result.remainingPoints),
        resetSeconds: Math.max(1, Math.ceil(answer.result.msBeforeNext / 1000)),
      };
    },
    async refund(name, key, points = 1) {
      const inForce = rule(name);
      await limiterOf(inForce.name, inForce.rule).reward(key, points);
    },
    async clear(name, key) {
      const inForce = rule(name);
      await limiterOf(inForce.name, inForce.rule).delete(key);
    },
  };
}

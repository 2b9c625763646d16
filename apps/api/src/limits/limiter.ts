import { type LimitName, type LimitRule, limitNames } from "@muniment/shared/limits.ts";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { once } from "../once.ts";
import { createBreaker } from "./breaker.ts";
import { type AsyncCounters, createCounters } from "./counters.ts";
import { createUnderWay, type UnderWay } from "./under-way.ts";

/** One counter after a call was counted. */
export type LimitState = {
  name: string;
  rule: LimitRule;
  allowed: boolean;
  remaining: number;
  /** Seconds until the window ends. */
  resetSeconds: number;
  /**
   * Gives back what was counted ahead and turned out not to count; of a blocked call, or for a second
   * time, nothing.
   */
  giveBack(): Promise<void>;
};

/** How much is counted (1), and for which procedure, which may have a rule of its own. */
export type Counted = { points?: number; procedure?: string };

export type Limits = {
  /** Counts against a rule, atomically; a blocked call is told so and not counted. */
  consume(name: LimitName, key: string, counted?: Counted): Promise<LimitState>;
  /** Whether the next call would be blocked; counts nothing. */
  isFull(name: LimitName, key: string): Promise<boolean>;
  /** The attempts of this node that were counted ahead. */
  underWay: UnderWay;
  /** How often `renew` was called for a subject lately; part of the keys that it makes forgotten. */
  generation(subject: string): Promise<number>;
  /** Makes every counter whose key holds the generation of `subject` forgotten. */
  renew(subject: string): Promise<void>;
  /** The rule in force: an override for the procedure, else for the class, else the default. */
  rule(name: LimitName, procedure?: string): { name: string; rule: LimitRule };
  /** Whether this node counts by itself because Redis does not answer. */
  isApart(): boolean;
  isOverridden(name: string): boolean;
  procedureOverrides(): { name: LimitName; procedure: string }[];
  /** Replaces all overrides; `name` or `name:procedure`. */
  override(rules: ReadonlyMap<string, LimitRule>): void;
};

/** As long as the longest window, so that no counter outlives the change of its key. */
const generations = { points: 1_000_000_000, durationSeconds: 86_400 };

/**
 * Counters in memory, or in Redis when several nodes share them. While Redis is away each node
 * counts by itself: a limit weaker than configured, but never none (`limits-redis.test.ts`). `tell`
 * hears when that begins.
 */
export function createLimits(
  defaults: Record<LimitName, LimitRule>,
  redis: Redis | null,
  log: Pick<Logger, "info" | "error">,
  tell: () => void = () => {},
): Limits {
  let overrides: ReadonlyMap<string, LimitRule> = new Map();
  const known = new Map<string, AsyncCounters>();
  let isApart = false;
  const breaker = createBreaker((shared, err) => {
    isApart = !shared;
    if (shared) return log.info("limits are counted in Redis again");
    log.error({ err }, "limits are counted by each node, for Redis does not answer");
    tell();
  });

  function countersOf(name: string): AsyncCounters {
    let counters = known.get(name);
    if (!counters) {
      counters = createCounters(name, redis, breaker);
      known.set(name, counters);
    }
    return counters;
  }

  function rule(name: LimitName, procedure?: string) {
    const own = procedure && overrides.size > 0 ? overrides.get(`${name}:${procedure}`) : undefined;
    if (own) return { name: `${name}:${procedure}`, rule: own };
    return { name, rule: overrides.get(name) ?? defaults[name] };
  }

  return {
    rule,
    underWay: createUnderWay(),
    isApart: () => isApart,
    isOverridden: (name) => overrides.has(name),
    procedureOverrides: () =>
      [...overrides.keys()].flatMap((full) => {
        const [name, procedure] = full.split(":");
        const limit = limitNames.find((candidate) => candidate === name);
        return limit && procedure ? [{ name: limit, procedure }] : [];
      }),
    override(rules) {
      overrides = rules;
    },
    async consume(name, key, { points = 1, procedure } = {}) {
      const inForce = rule(name, procedure);
      const taken = countersOf(inForce.name).take(key, points, inForce.rule);
      const count = taken instanceof Promise ? await taken : taken;
      const { allowed, counted, millisecondsLeft } = count;
      return {
        name: inForce.name,
        rule: inForce.rule,
        allowed,
        remaining: Math.max(0, inForce.rule.points - counted),
        resetSeconds: Math.max(1, Math.ceil(millisecondsLeft / 1000)),
        giveBack: once(async () => {
          if (allowed) await count.giveBack();
        }),
      };
    },
    async isFull(name, key) {
      const inForce = rule(name);
      return (await countersOf(inForce.name).counted(key)) >= inForce.rule.points;
    },
    generation: async (subject) => countersOf("generations").counted(subject),
    async renew(subject) {
      await countersOf("generations").take(subject, 1, generations);
    },
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { keepStringsFast } from "../fast-strings.ts";

const longestWaitMilliseconds = 1000;

/**
 * Connects to Redis and waits until it can be asked, for a second at most: a call that came sooner would
 * take it for gone. One that is away keeps nothing from starting; the connection is tried on.
 */
export async function openRedis(url: string, log: Pick<Logger, "warn">): Promise<Redis> {
  // Only where it is asked for: it takes memory, and makes strings slow.
  const { Redis } = await import("ioredis");
  keepStringsFast();
  const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  redis.on("error", (error: Error) => log.warn({ err: error }, "redis"));
  const isReady = new Promise((resolve) => redis.once("ready", resolve));
  await Promise.race([isReady, sleep(longestWaitMilliseconds, undefined, { ref: false })]);
  return redis;
}

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { LimitName, LimitRule } from "@muniment/shared/limits.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { parseConfig } from "../src/config.ts";
import { createBreaker } from "../src/limits/breaker.ts";
import { createCounters } from "../src/limits/counters.ts";
import { createLimits, type Limits } from "../src/limits/limiter.ts";
import { openRedis } from "../src/limits/open-redis.ts";
import { hasRedis, startRedis, type TestRedis } from "./redis.ts";

const defaults = () => {
  const parsed = parseConfig({});
  if (!parsed.ok) throw new Error("the defaults are wrong");
  return parsed.config.limits;
};

const rules = (name: LimitName, rule: LimitRule) => ({ ...defaults(), [name]: rule });
const log = { info() {}, error() {} };
const quiet = { warn() {} };
let keys = 0;

/** What every store of counters must do, whatever it is. */
function contract(create: (limits: Record<LimitName, LimitRule>) => Limits) {
  let key: string;
  beforeEach(() => {
    keys += 1;
    key = `subject-${keys}`;
  });
  const consumeAll = async (limits: Limits, times: number, name: LimitName = "general_user") => {
    const states = await Promise.all(
      Array.from({ length: times }, () => limits.consume(name, key)),
    );
    return states.filter(({ allowed }) => allowed).length;
  };

  test.each([1, 5, 100])("of N + 50 parallel calls exactly N pass, N = %i", async (points) => {
    const limits = create(rules("general_user", { points, durationSeconds: 60 }));
    expect(await consumeAll(limits, points + 50)).toBe(points);
    expect(await consumeAll(limits, 10)).toBe(0);
  });

  test("the state says what is left and when the window ends", async () => {
    const limits = create(rules("mail", { points: 2, durationSeconds: 60 }));
    const rule = { points: 2, durationSeconds: 60 };
    // Never more than the window, and less only on a machine that takes seconds for three calls.
    const resetSeconds = expect.toSatisfy((left: number) => left > 50 && left <= 60);
    const state = { name: "mail", rule, resetSeconds };
    const consume = () => limits.consume("mail", key);
    expect(await consume()).toMatchObject({ ...state, allowed: true, remaining: 1 });
    expect(await consume()).toMatchObject({ ...state, allowed: true, remaining: 0 });
    expect(await consume()).toMatchObject({ ...state, allowed: false, remaining: 0 });
  });

  test("keys and classes count apart", async () => {
    const limits = create({
      ...rules("mail", { points: 1, durationSeconds: 60 }),
      upload: { points: 1, durationSeconds: 60 },
    });
    expect(await consumeAll(limits, 2, "mail")).toBe(1);
    expect(await consumeAll(limits, 2, "upload")).toBe(1);
    expect((await limits.consume("mail", `${key}-other`)).allowed).toBe(true);
  });

  test("a window ends, and the next has exactly as much", async () => {
    const limits = create(rules("mail", { points: 3, durationSeconds: 1 }));
    expect(await consumeAll(limits, 10, "mail")).toBe(3);
    await sleep(1050);
    expect(await consumeAll(limits, 10, "mail")).toBe(3);
  });

  test("blocked calls are not counted, so one refund makes room for one", async () => {
    const limits = create(rules("mail", { points: 3, durationSeconds: 60 }));
    const given = await limits.consume("mail", key);
    expect(await consumeAll(limits, 60, "mail")).toBe(2);
    const blocked = await limits.consume("mail", key);
    await blocked.giveBack();
    expect(await consumeAll(limits, 60, "mail")).toBe(0);
    await given.giveBack();
    expect(await consumeAll(limits, 60, "mail")).toBe(1);
  });

  test("a refund after the window, or a second one, never makes a limit larger", async () => {
    const limits = create(rules("mail", { points: 3, durationSeconds: 2 }));
    const first = await limits.consume("mail", key);
    const second = await limits.consume("mail", key);
    await Promise.all(Array.from({ length: 20 }, first.giveBack));
    expect(await consumeAll(limits, 10, "mail")).toBe(2);
    await sleep(2050);
    expect(await consumeAll(limits, 10, "mail")).toBe(3);
    await second.giveBack();
    expect(await consumeAll(limits, 10, "mail")).toBe(0);
  });

  test("several points at once are counted whole or not at all", async () => {
    const limits = create(rules("ingest_events", { points: 100, durationSeconds: 60 }));
    const take = async (points: number) =>
      (await limits.consume("ingest_events", key, { points })).allowed;
    expect(await take(60)).toBe(true);
    expect(await take(60)).toBe(false);
    expect(await take(40)).toBe(true);
    expect(await take(1)).toBe(false);
  });

  test("an override holds from the next call on and keeps what was counted", async () => {
    const limits = create(rules("mail", { points: 3, durationSeconds: 60 }));
    expect(await consumeAll(limits, 5, "mail")).toBe(3);
    limits.override(new Map([["mail", { points: 5, durationSeconds: 60 }]]));
    expect(await consumeAll(limits, 5, "mail")).toBe(2);
    limits.override(new Map());
    expect(await consumeAll(limits, 5, "mail")).toBe(0);
  });

  test("an override for one procedure counts that procedure apart", async () => {
    const limits = create(rules("general_user", { points: 10, durationSeconds: 60 }));
    limits.override(new Map([["general_user:agents.create", { points: 1, durationSeconds: 60 }]]));
    const call = (procedure: string) => limits.consume("general_user", key, { procedure });
    const made = await call("agents.create");
    expect(made.allowed).toBe(true);
    expect(await call("agents.create")).toMatchObject({
      allowed: false,
      name: "general_user:agents.create",
    });
    expect((await call("agents.list")).allowed).toBe(true);
    await made.giveBack();
    expect((await call("agents.create")).allowed).toBe(true);
  });

  test("renewing a subject changes its generation, and no other's", async () => {
    const limits = create(defaults());
    expect(await limits.generation(key)).toBe(0);
    await limits.renew(key);
    expect(await limits.generation(key)).toBe(1);
    expect(await limits.generation(`${key}-other`)).toBe(0);
  });
}

describe("limits in memory", () => contract((limits) => createLimits(limits, null, log)));

describe.skipIf(!hasRedis)("limits in Redis", () => {
  let server: TestRedis;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    redis.on("error", () => {});
    await once(redis, "ready");
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  contract((limits) => createLimits(limits, redis, log));

  test("two nodes share one count", async () => {
    const second = new Redis(server.url);
    await once(second, "ready");
    const limits = rules("mail", { points: 20, durationSeconds: 60 });
    const nodes = [createLimits(limits, redis, log), createLimits(limits, second, log)];
    const states = await Promise.all(
      Array.from({ length: 70 }, (_, at) => nodes[at % 2]?.consume("mail", "shared")),
    );
    second.disconnect();
    expect(states.filter((state) => state?.allowed)).toHaveLength(20);
  });

  test("an answer that came while this process stood still is taken", async () => {
    const error = vi.fn();
    const own = new Redis(server.url);
    await once(own, "ready");
    const limits = createLimits(rules("mail", { points: 20, durationSeconds: 60 }), own, {
      ...log,
      error,
    });
    await limits.consume("mail", "standing-still");
    const asked = limits.consume("mail", "standing-still");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    expect((await asked).remaining).toBe(18);
    expect(error).not.toHaveBeenCalled();
    own.disconnect();
  });

  /** A counter in a Redis that goes away and comes back when it is told to. */
  async function counterOf(key: string) {
    let time = 0;
    const own = new Redis(server.url, { enableOfflineQueue: false });
    own.on("error", () => {});
    await once(own, "ready");
    const told: boolean[] = [];
    const breaker = createBreaker(
      (reached) => told.push(reached),
      () => time,
    );
    const counters = createCounters("given-back", own, breaker);
    return {
      told,
      take: (durationSeconds = 60) => counters.take(key, 1, { points: 5, durationSeconds }),
      counted: () => counters.counted(key),
      async goAway() {
        own.disconnect();
        await once(own, "end");
      },
      waitForPause() {
        time += 5000;
      },
      async comeBack() {
        await own.connect();
        time += 5000;
      },
      close: () => own.disconnect(),
    };
  }

  test("nothing is given back in Redis that was counted in memory", async () => {
    const counter = await counterOf("memory-first");
    for (let time = 0; time < 3; time += 1) await counter.take();
    await counter.goAway();
    const { giveBack } = await counter.take();
    await counter.comeBack();
    await giveBack();
    expect(await counter.counted()).toBe(3);
    await counter.goAway();
    expect(await counter.counted()).toBe(0);
  });

  test("nor in memory what was counted in Redis", async () => {
    const counter = await counterOf("redis-first");
    const { giveBack } = await counter.take();
    await counter.goAway();
    await counter.take();
    await giveBack();
    expect(await counter.counted()).toBe(1);
    await counter.comeBack();
    expect(await counter.counted()).toBe(1);
    counter.close();
  });

  test("what has nothing left to give back is not taken for an answer of Redis", async () => {
    const counter = await counterOf("ended");
    const { giveBack } = await counter.take(1);
    await counter.goAway();
    await counter.take();
    await sleep(1050);
    counter.waitForPause();
    await giveBack();
    expect(counter.told).toEqual([false]);
  });

  test("that a node counts alone is told when Redis has closed the connection, too", async () => {
    const own = new Redis(server.url, { enableOfflineQueue: false });
    own.on("error", () => {});
    await once(own, "ready");
    const error = vi.fn();
    const tell = vi.fn();
    const mail = rules("mail", { points: 20, durationSeconds: 60 });
    const limits = createLimits(mail, own, { ...log, error }, tell);
    await limits.consume("mail", "closed");
    expect(tell).not.toHaveBeenCalled();
    own.disconnect();
    await once(own, "end");
    for (let time = 0; time < 3; time += 1) {
      expect((await limits.consume("mail", "closed")).remaining).toBe(19 - time);
    }
    expect(error).toHaveBeenCalledOnce();
    expect(tell).toHaveBeenCalledOnce();
  });

  test("a connection that was just opened counts in Redis from the first call on", async () => {
    const own = await openRedis(server.url, quiet);
    const tell = vi.fn();
    const limits = createLimits(rules("mail", { points: 20, durationSeconds: 60 }), own, log, tell);
    await redis.set("muniment:mail:opened", 5, "EX", 60);
    expect((await limits.consume("mail", "opened")).remaining).toBe(14);
    expect(tell).not.toHaveBeenCalled();
    own.disconnect();
  });

  test("a Redis that is away when it is opened keeps nobody waiting for long, and nothing from starting", async () => {
    const away = await openRedis(`redis://127.0.0.1:${await freePort()}`, quiet);
    expect(away.status).not.toBe("ready");
    const limits = createLimits(rules("mail", { points: 20, durationSeconds: 60 }), away, log);
    expect((await limits.consume("mail", "never-there")).remaining).toBe(19);
    away.disconnect();
  });

  test("a Redis that hangs is waited for once, not by every call", async () => {
    const limits = createLimits(rules("mail", { points: 20, durationSeconds: 60 }), redis, log);
    server.child.kill("SIGSTOP");
    try {
      expect((await limits.consume("mail", "hanging")).allowed).toBe(true);
      const asked = vi.spyOn(redis, "sendCommand");
      expect((await limits.consume("mail", "hanging")).remaining).toBe(18);
      expect((await limits.consume("general_user", "hanging")).allowed).toBe(true);
      expect(asked).not.toHaveBeenCalled();
    } finally {
      server.child.kill("SIGCONT");
    }
  });
});

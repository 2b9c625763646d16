import { randomBytes, randomUUID } from "node:crypto";
import type { Database } from "@muniment/db/database.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openScratchDatabase } from "../../../packages/db/test/scratch-database.ts";
import { createEncryption, type Encryption } from "../src/encryption.ts";
import { defineEventJobs } from "../src/features/events/jobs.ts";
import { deleteUserEventsQueue } from "../src/job-queues.ts";
import { createJobs, type Jobs } from "../src/jobs.ts";
import { createLog } from "../src/log.ts";
import { traceJobs } from "../src/telemetry/trace-jobs.ts";
import { createClock } from "./clock.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
let clock: ReturnType<typeof createClock>;
let encryption: Encryption;
const runners: Jobs[] = [];
beforeAll(async () => {
  scratch = await openScratchDatabase();
});
afterAll(() => scratch.drop());
beforeEach(() => {
  clock = createClock();
  encryption = createEncryption([randomBytes(32)]);
});
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.stop()));
  await scratch.owner`delete from jobs`;
});

function createRunner(with_ = encryption): Jobs {
  const runner = createJobs(scratch.database, with_, clock.now, createLog("silent"));
  runners.push(runner);
  return runner;
}
const enqueue = (jobs: Jobs, payload: unknown, queue = "work") =>
  scratch.database.transaction({}, (tx) => jobs.enqueue(tx, queue, payload));
const waiting = () => scratch.owner`select * from jobs where key is null order by created_at`;
const soon = { interval: 20 };
/** Resolves when recurring work is written down as done: until then its next time may yet be counted from now. */
const untilFree = (key: string) =>
  expect
    .poll(() => scratch.owner`select 1 from jobs where key = ${key} and locked_until is null`, soon)
    .toHaveLength(1);

describe("a job", () => {
  test("is done with what it was given, and then gone", async () => {
    const jobs = createRunner();
    const done: unknown[] = [];
    jobs.define("work", async (payload) => void done.push(payload));
    await jobs.start();
    const payloads = [{ to: "a", n: 1 }, null, "text", [1, 2], {}];
    for (const payload of payloads) await enqueue(jobs, payload);
    await expect.poll(() => done, soon).toEqual(payloads);
    await expect.poll(waiting, soon).toEqual([]);
  });

  test("exists only if the transaction that needs it commits", async () => {
    const jobs = createRunner();
    const done: unknown[] = [];
    jobs.define("work", async (payload) => void done.push(payload));
    await jobs.start();
    const rolledBack = scratch.database.transaction({}, async (tx) => {
      await jobs.enqueue(tx, "work", "never");
      throw new Error("rolled back");
    });
    await expect(rolledBack).rejects.toThrow("rolled back");
    await enqueue(jobs, "committed");
    await expect.poll(() => done, soon).toEqual(["committed"]);
    await expect.poll(waiting, soon).toEqual([]);
  });

  test("is stored encrypted", async () => {
    const jobs = createRunner();
    await enqueue(jobs, { link: "a very secret token" });
    const [row] = await waiting();
    expect(row?.payload).toMatch(/^v2\./);
    expect(JSON.stringify(row)).not.toContain("secret");
    expect(encryption.decrypt(row?.payload, `jobs.payload:${row?.id}`)).toContain(
      "a very secret token",
    );
  });

  test("that fails is tried again after twice as long each time, then kept as failed", async () => {
    const jobs = createRunner();
    const runs: number[] = [];
    jobs.define("work", async () => {
      const [row] = await waiting();
      runs.push(row?.attempts);
      throw new Error(`attempt ${row?.attempts}`);
    });
    await enqueue(jobs, "x");
    for (const attempt of [3, 4, 8]) {
      await scratch.owner`update jobs set attempts = ${attempt - 1}`;
      // Not before: it would be claimed as it was.
      if (attempt === 3) await jobs.start();
      clock.advance(2 ** attempt);
      await expect
        .poll(async () => (await waiting())[0]?.last_error, soon)
        .toBe(`Error: attempt ${attempt}`);
      const [row] = await waiting();
      expect(row).toMatchObject({ attempts: attempt, locked_until: null });
      const wait = (row?.run_at.getTime() - clock.now().getTime()) / 1000;
      expect(wait).toBeGreaterThan(2 ** (attempt - 1));
      expect(wait).toBeLessThanOrEqual(2 ** attempt);
      expect(row?.failed_at === null).toBe(attempt < 8);
    }
    clock.advance(3600);
    jobs.define("next", async () => {});
    await enqueue(jobs, "other", "next");
    await expect.poll(async () => (await waiting()).length, soon).toBe(1);
    expect(runs).toEqual([3, 4, 8]);
  });

  test("of a queue that only a newer node knows is left to that node, and keeps nothing waiting", async () => {
    const older = createRunner();
    const newer = createRunner();
    const done: unknown[] = [];
    older.define("known", async (payload) => void done.push(payload));
    newer.define("new", async (payload) => void done.push(payload));
    await older.start();
    await enqueue(newer, "of the new queue", "new");
    await enqueue(newer, "of the known queue", "known");
    await expect.poll(() => done, soon).toEqual(["of the known queue"]);
    expect((await waiting())[0]).toMatchObject({ queue: "new", attempts: 0, locked_until: null });
    await newer.start();
    await expect.poll(() => done, soon).toEqual(["of the known queue", "of the new queue"]);
  });

  test("that fails once is done the second time", async () => {
    const jobs = createRunner();
    const seen: string[] = [];
    jobs.define("work", async () => {
      seen.push("tried");
      if (seen.length === 1) throw new Error("not yet");
    });
    await enqueue(jobs, "x");
    await jobs.start();
    await expect.poll(() => seen.length, soon).toBe(1);
    clock.advance(3);
    await expect.poll(waiting, soon).toEqual([]);
    expect(seen).toEqual(["tried", "tried"]);
  });

  test("is done once by two nodes that see it at the same time", async () => {
    const done: string[] = [];
    for (const node of ["a", "b"]) {
      const jobs = createRunner();
      jobs.define("work", async (payload) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        done.push(`${payload} by ${node}`);
      });
      await jobs.start();
    }
    await scratch.database.transaction({}, async (tx) => {
      for (let job = 0; job < 60; job += 1) await runners[job % 2]?.enqueue(tx, "work", job);
    });
    await expect.poll(waiting, soon).toEqual([]);
    expect(done).toHaveLength(60);
    expect(new Set(done.map((text) => text.split(" ")[0])).size).toBe(60);
    expect(new Set(done.map((text) => text.at(-1)))).toEqual(new Set(["a", "b"]));
  });

  test("of a node that died is taken over when its lease is over", async () => {
    const dead = createRunner();
    await enqueue(dead, "orphan");
    await scratch.owner`update jobs set attempts = 1, locked_until = now() + interval '1 hour'`;
    const jobs = createRunner();
    const done: unknown[] = [];
    jobs.define("work", async (payload) => void done.push(payload));
    await jobs.start();
    await enqueue(jobs, "fresh");
    await expect.poll(() => done, soon).toEqual(["fresh"]);
    await scratch.owner`update jobs set locked_until = now() - interval '1 ms'`;
    await expect.poll(() => done, soon).toEqual(["fresh", "orphan"]);
  });

  test("is leased for some seconds, again and again for as long as its node is at it", async () => {
    const jobs = createJobs(scratch.database, encryption, clock.now, createLog("silent"), {
      seconds: 2,
    });
    runners.push(jobs);
    let release = () => {};
    const lasting = new Promise<void>((resolve) => {
      release = resolve;
    });
    jobs.define("work", () => lasting);
    await enqueue(jobs, "long");
    await jobs.start();
    const lease = async () => {
      const [row] = await scratch.owner`select locked_until as until,
        extract(epoch from locked_until - clock_timestamp())::float8 as seconds from jobs where key is null`;
      return row as { until: Date | null; seconds: number | null } | undefined;
    };
    const until = async () => (await lease())?.until?.getTime() ?? 0;
    for (let before = 0, round = 0; round < 3; round += 1) {
      await expect.poll(until, soon).toBeGreaterThan(before);
      const { until: end, seconds } = (await lease()) ?? {};
      expect(seconds).toBeLessThanOrEqual(2);
      before = end?.getTime() ?? 0;
    }
    release();
    await expect.poll(waiting, soon).toEqual([]);
  });

  test("that another node took over is left to that one when it fails", async () => {
    const jobs = createRunner();
    let fail = () => {};
    const failing = new Promise<void>((_, reject) => {
      fail = () => reject(new Error("late"));
    });
    let isBegun = false;
    jobs.define("work", () => {
      isBegun = true;
      return failing;
    });
    await enqueue(jobs, "x");
    await jobs.start();
    await expect.poll(() => isBegun, soon).toBe(true);
    await scratch.owner`update jobs set attempts = 2, locked_until = '2999-01-01' where key is null`;
    fail();
    await jobs.stop();
    expect(await waiting()).toMatchObject([{ attempts: 2, last_error: null, failed_at: null }]);
    expect((await waiting())[0]?.locked_until.getUTCFullYear()).toBe(2999);
  });

  test("can tell in its transactions that another took it over, and is not taken over during one", async () => {
    const jobs = createRunner();
    const told: unknown[] = [];
    jobs.define("work", async (_, requireOurs) => {
      await scratch.database.transaction({}, async (tx) => {
        await requireOurs(tx);
        const free =
          await scratch.owner`select id from jobs where key is null for update skip locked`;
        told.push(free.length);
      });
      for (const change of ["update jobs set attempts = attempts + 1", "delete from jobs"]) {
        await scratch.owner.unsafe(`${change} where key is null`);
        const refused = scratch.database.transaction({}, requireOurs);
        await refused.catch((error: Error) => told.push(error.message));
      }
    });
    await enqueue(jobs, "x");
    await jobs.start();
    const lost = "the job was taken over by another, or dropped";
    await expect.poll(() => told, soon).toEqual([0, lost, lost]);
  });

  test("that lasts, as the removal of somebody's events may, keeps no mail waiting", async () => {
    const jobs = createRunner();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { database } = scratch;
    const slow: typeof database = {
      ...database,
      transaction: (...given) => held.then(() => database.transaction(...given)),
    };
    defineEventJobs(jobs, slow, { eventRetentionDays: 0 }, clock.now);
    const sent: unknown[] = [];
    jobs.define("mail", async (mail) => void sent.push(mail));
    await jobs.start();
    await enqueue(jobs, { userId: randomUUID(), after: null }, deleteUserEventsQueue);
    const isBegun = async () => (await waiting())[0]?.attempts;
    await expect.poll(isBegun, soon).toBe(1);
    await enqueue(jobs, "to somebody", "mail");
    try {
      await expect.poll(() => sent, soon).toEqual(["to somebody"]);
      const [removal] = await waiting();
      expect([removal?.attempts, removal?.last_error]).toEqual([1, null]);
    } finally {
      release();
    }
  });

  test("that recurs is not kept waiting by a clock that was wrong", async () => {
    let runs = 0;
    const begin = async () => {
      const jobs = createRunner();
      jobs.every("recurring", 60, async () => {
        runs += 1;
      });
      await jobs.start();
      return jobs;
    };
    clock.advance(365 * 86_400);
    const ahead = await begin();
    await expect.poll(() => runs, soon).toBe(1);
    await ahead.stop();
    clock.advance(-365 * 86_400);
    await begin();
    await expect.poll(() => runs, soon).toBe(2);
  });

  test("under way is finished before the runner has stopped", async () => {
    const jobs = createRunner();
    const steps: string[] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    jobs.define("work", async () => {
      steps.push("begun");
      await released;
      await new Promise((resolve) => setTimeout(resolve, 300));
      steps.push("done");
    });
    await enqueue(jobs, 1);
    await enqueue(jobs, 2);
    await jobs.start();
    await expect.poll(() => steps, soon).toContain("begun");
    const stopped = jobs.stop();
    release();
    await stopped;
    expect(steps).toEqual(["begun", "done"]);
    expect(await waiting()).toHaveLength(1);
  });

  test("that hangs keeps neither recurring work nor the end of the runner waiting", async () => {
    const jobs = createRunner();
    let release = () => {};
    const hung = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun = false;
    let tidied = 0;
    jobs.define("work", () => {
      begun = true;
      return hung;
    });
    jobs.every("tidy", 60, async () => {
      tidied += 1;
    });
    await enqueue(jobs, "x");
    await jobs.start();
    await expect.poll(() => begun, soon).toBe(true);
    for (const round of [1, 2]) {
      await expect.poll(() => tidied, soon).toBe(round);
      await untilFree("tidy");
      clock.advance(61);
    }
    const from = Date.now();
    await jobs.stop();
    expect(Date.now() - from).toBeLessThan(15_000);
    release();
  });

  test("whose process dies in every attempt is given up too", async () => {
    const jobs = createRunner();
    let runs = 0;
    jobs.define("work", async () => {
      runs += 1;
    });
    await enqueue(jobs, "poison");
    const past = new Date(clock.now().getTime() - 1000);
    await scratch.owner`update jobs set attempts = 8, locked_until = ${past}`;
    await jobs.start();
    await expect.poll(async () => (await waiting())[0]?.failed_at, soon).not.toBeNull();
    expect((await waiting())[0]?.last_error).toContain("ended during the last attempt");
    expect(runs).toBe(0);
  });

  test("whose error the database could not hold is settled all the same", async () => {
    const jobs = createRunner();
    jobs.define("work", async () => {
      throw new Error("550 no\0such user");
    });
    await enqueue(jobs, "x");
    await jobs.start();
    const row = async () => (await waiting())[0];
    await expect.poll(async () => (await row())?.last_error, soon).toBe("Error: 550 nosuch user");
    expect((await row())?.locked_until).toBeNull();
  });

  test("under a key that is lost fails, and others go on", async () => {
    await enqueue(createRunner(createEncryption([randomBytes(32)])), "unreadable");
    const jobs = createRunner();
    const done: unknown[] = [];
    jobs.define("work", async (payload) => void done.push(payload));
    await jobs.start();
    await enqueue(jobs, "readable");
    await expect.poll(() => done, soon).toEqual(["readable"]);
    const [row] = await waiting();
    expect(row?.last_error).toContain("no key of the ring fits");
  });
});

describe("recurring work", () => {
  test("is done at the start and then every so often, by one node at a time", async () => {
    const done: string[] = [];
    for (const node of ["a", "b", "c"]) {
      const jobs = createRunner();
      jobs.every("tidy", 60, async () => void done.push(node));
      await jobs.start();
    }
    for (let round = 1; round <= 2; round += 1) {
      await expect.poll(() => done.length, soon).toBe(round);
      // Longer than the half second after which each node looks again.
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(done).toHaveLength(round);
      await untilFree("tidy");
      clock.advance(61);
    }
    expect(await scratch.owner`select 1 from jobs where key = 'tidy'`).toHaveLength(1);
  });

  test("waits before its first time as it says, under spans as well", async () => {
    const traced = traceJobs(createRunner(), { work: (_, run) => run() });
    traced.every("tidy", 60, async () => {}, 3600);
    await traced.start();
    const [row] = await scratch.owner`select run_at from jobs where key = 'tidy'`;
    expect(row?.run_at.getTime()).toBeGreaterThan(clock.now().getTime() + 3_000_000);
  });

  test("that no version does any more goes, and what only a newer node knows stays", async () => {
    const before = createRunner();
    for (const queue of ["gone", "newer", "tidy"]) before.every(queue, 60, async () => {});
    await before.start();
    await before.stop();
    const jobs = createRunner();
    jobs.every("tidy", 60, async () => {});
    const queues = async () =>
      (await scratch.owner`select queue from jobs order by queue`).map(({ queue }) => queue);
    clock.advance(3 * 86_400);
    await scratch.owner`update jobs set run_at = ${clock.now()} where queue = 'newer'`;
    await jobs.deleteGivenUp();
    expect(await queues()).toEqual(["newer", "tidy"]);
  });

  test("goes on however often it fails", async () => {
    const jobs = createRunner();
    let attempts = 0;
    const tidy = async () => {
      attempts += 1;
      if (attempts === 1) throw new Error("not today");
    };
    // Not due before it has failed so often.
    jobs.every("tidy", 60, tidy, 3600);
    await jobs.start();
    await scratch.owner`update jobs set attempts = 100`;
    clock.advance(3601);
    const row = async () => (await scratch.owner`select * from jobs`)[0];
    await expect.poll(async () => (await row())?.last_error, soon).toBe("Error: not today");
    expect(await row()).toMatchObject({ attempts: 101, failed_at: null });
    clock.advance(601);
    await expect.poll(async () => (await row())?.attempts, soon).toBe(0);
    expect(await row()).toMatchObject({ last_error: null, failed_at: null });
  });

  test("that is not due costs no transaction to find out", async () => {
    const { database } = scratch;
    let looks = 0;
    let transactions = 0;
    const counting: Database = {
      ...database,
      raw: Object.assign((...statement: Parameters<typeof database.raw>) => {
        looks += 1;
        return database.raw(...statement);
      }, database.raw),
      transaction: (...transaction) => {
        transactions += 1;
        return database.transaction(...transaction);
      },
    };
    const runner = createJobs(counting, encryption, clock.now, createLog("silent"));
    runners.push(runner);
    runner.define("work", async () => {});
    runner.define("deliver", async () => {}, "deliveries");
    runner.every("sweep", 60, async () => {}, 60);
    await runner.start();
    await counting.transaction({}, (tx) => runner.enqueue(tx, "work", null, { delaySeconds: 60 }));
    const before = transactions;
    await expect.poll(() => looks).toBeGreaterThan(2);
    expect(transactions).toBe(before);
  });

  test("survives the change of the encryption key", async () => {
    const before = createRunner(createEncryption([randomBytes(32)]));
    before.every("tidy", 60, async () => {});
    await before.start();
    await before.stop();
    const jobs = createRunner();
    let done = 0;
    jobs.every("tidy", 60, async () => {
      done += 1;
    });
    clock.advance(3600);
    await jobs.start();
    await expect.poll(() => done, soon).toBe(1);
  });
});
